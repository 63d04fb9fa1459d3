"""A bare socket to the server: the least that anybody can wait for an answer."""

from __future__ import annotations

import socket
import time


class Wire:
    """One connection that pings."""

    def __init__(self, url: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(url.removeprefix("unix://"))

    def ping_ns(self) -> int:
        """How long a PING takes."""
        begun = time.monotonic_ns()
        self._socket.sendall(b"PING\r\n")
        self._socket.recv(64)
        return time.monotonic_ns() - begun

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
