"""A keyspace that nobody hears: each command is packed as for a server, and that is the end of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clm.store.redis_keyspace import RedisKeyspace
from clm.store.redis_lines import Lines


class Unheard:
    """A connection to nobody, to whom every write succeeds."""

    def __init__(self) -> None:
        from redis import Connection

        connection: Any = Connection  # its types know no default of its own
        self.pack_command = connection().pack_command  # which connects at its first command, so never

    def send_packed_command(self, command: Iterable[Any], check_health: bool = True) -> None:
        """Nothing is sent."""

    def read_response(self, **_: Any) -> int:
        """What the script that commits returns when it did."""
        return 1

    def can_read(self, timeout: float = 0) -> bool:  # noqa: ARG002  (the library's signature)
        """Nothing ever comes."""
        return False

    def disconnect(self) -> None:
        """Nothing is held."""


def unheard() -> RedisKeyspace:
    """The keyspace: for going through what a process does on a server without doing it."""
    return RedisKeyspace(Lines(Unheard, "nobody"))
