"""The sink that writes into a scope's streams, one pipelined round trip per batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clm.errors import ConfigurationError
from clm.events import Event, InputRow
from clm.scope import Scope

if TYPE_CHECKING:
    from redis import Redis

SCHEMES = ("redis://", "rediss://", "unix://")


class RedisSink:
    """Connects at the first send, in the thread that sends.

    Nothing is retried here: after a lost reply nobody knows what was written, and only the
    publisher knows that sending it again under the same ids is harmless.

    Raises:
        ConfigurationError: the url is none of Redis's, or the scope has an impossible name.
    """

    def __init__(self, url: str, scope: str) -> None:
        if not url.startswith(SCHEMES):
            raise ConfigurationError(f"url {url!r} is not a Redis server's; use {SCHEMES}")
        self._url, self._scope = url, Scope(name=scope).name
        self._client: Redis | None = None

    def send(self, items: Sequence[Event | InputRow]) -> None:
        """Append each item to its stream, in order. Raises UnreachableServer."""
        raise NotImplementedError
