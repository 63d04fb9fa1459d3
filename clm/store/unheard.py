"""A keyspace that nobody hears: each command goes to a wire and back, and that is all.

Writes succeed, and whoever reads a stream finds the next of an endless row of entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from socket import socketpair
from typing import Any

from clm.store.keyspace import Check, Write
from clm.store.redis_keyspace import RedisKeyspace
from clm.store.redis_lines import Lines
from clm.store.redis_socket import READ_BYTES, SocketWire

DONE = b":1\r\n"
"""What the script that commits returns when it did."""

FOUND = b"*1\r\n*2\r\n$6\r\nstream\r\n*1\r\n*2\r\n$%d\r\n%b\r\n*2\r\n$1\r\nd\r\n$%d\r\n%b\r\n"
"""What a read of a stream brings that has one more entry."""


class UnheardWire(SocketWire):
    """A wire to this process itself.

    Parameters:
        entries: what is read.
    """

    def __init__(self, entries: Iterator[bytes]) -> None:
        from hiredis import Reader

        ours, self._theirs = socketpair()
        super().__init__(ours, Reader())
        self._sink, self._entries, self._numbers = bytearray(READ_BYTES), entries, count(1)

    def write(self, command: Sequence[bytes]) -> None:
        """Take it at the other end, whose answer is there at once."""
        super().write(command)
        self._theirs.recv_into(self._sink)
        self._theirs.sendall(self._found() if b"XREAD" in command[0] else DONE)

    def _found(self) -> bytes:
        name, data = b"%d-0" % next(self._numbers), next(self._entries)
        return FOUND % (len(name), name, len(data), data)

    def __del__(self) -> None:
        self._socket.close()
        self._theirs.close()


class Unheard:
    """What a line needs of a connection to nobody."""

    def __init__(self) -> None:
        from redis import Connection

        connection: Any = Connection  # its types know no default of its own
        self.pack_command = connection().pack_command  # which connects at its first command, so never

    def can_read(self, timeout: float = 0) -> bool:  # noqa: ARG002  (the library's signature)
        """Nothing ever comes unasked."""
        return False

    def disconnect(self) -> None:
        """The two sockets end with their wire."""


class UnheardKeyspace(RedisKeyspace):
    """Over such connections."""

    def post(self, checks: Sequence[Check], writes: Sequence[Write]) -> None:
        """Nothing: nobody waits for what is posted."""


def unheard(entries: Iterator[bytes]) -> RedisKeyspace:
    """The keyspace: for going through what a process does on a server without doing it.

    Parameters:
        entries: for whoever reads.
    """
    return UnheardKeyspace(Lines(Unheard, "nobody", lambda _: UnheardWire(entries)))
