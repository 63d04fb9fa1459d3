"""The socket of a connection, for what is written and read a hundred times a second or a million times.

The client library opens it, logs in and configures the parser; its layers between a command and the socket
cost more than the parser, most of all after a sleep, when each has to come from slow memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from socket import socket
from typing import Any, Protocol

READ_BYTES = 65_536
"""At once from the socket."""


class Wire(Protocol):
    """Where a connection's bytes go and come from. Raises what the client library and the socket raise."""

    def write(self, command: Sequence[bytes]) -> None:
        """A command, in pieces."""

    def read(self) -> Any:
        """The next reply; one that is an error is raised."""


class LibraryWire:
    """A connection by the library's own methods."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def write(self, command: Sequence[bytes]) -> None:
        """Without a check of health, which would ask first."""
        self._connection.send_packed_command(command, check_health=False)

    def read(self) -> Any:
        """Without decoding."""
        return self._connection.read_response(disable_decoding=True)


class SocketWire:
    """A connection's socket and the hiredis parser that belongs to it.

    Parameters:
        wire: the socket, with the time-outs that the connection gave it.
        reader: a ``hiredis.Reader`` that was fed nothing since its last reply.
    """

    def __init__(self, wire: socket, reader: Any) -> None:
        self._socket, self._reader = wire, reader
        self._nothing = reader.gets()  # what it says when a reply is not whole
        self._buffer = bytearray(READ_BYTES)

    def write(self, command: Sequence[bytes]) -> None:
        """All of it."""
        self._socket.sendall(command[0] if len(command) == 1 else b"".join(command))

    def read(self) -> Any:
        """Bytes, numbers, None and lists of them."""
        while (reply := self._reader.gets(False)) is self._nothing:
            size = self._socket.recv_into(self._buffer)
            if not size:
                raise ConnectionResetError("the server closed the connection")
            self._reader.feed(self._buffer, 0, size)
        if isinstance(reply, Exception):
            raise reply
        return reply


def wire_of(connection: Any) -> Wire:
    """The shortest way to the server of a connection of the client library, which is opened.

    Without hiredis, and where there is no socket, it is the library's.
    """
    connection.connect()
    wire = getattr(connection, "_sock", None)
    reader = getattr(getattr(connection, "_parser", None), "_reader", None)
    if isinstance(wire, socket) and type(reader).__module__ == "hiredis":
        return SocketWire(wire, reader)
    return LibraryWire(connection)
