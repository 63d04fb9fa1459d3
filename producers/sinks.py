"""Sinks: where a publisher's events and input rows go, in the order they were published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from clm.errors import RefusedByServer, UnreachableServer
from clm.events import Event, InputRow
from clm.store.codec import encode, encode_row
from clm.store.keys import Keys
from clm.store.keyspace import Add, Keyspace
from producers.adapters import keys_of, keyspace


class Sink(Protocol):
    """Takes events and input rows in order."""

    def send(self, items: Sequence[Event | InputRow]) -> None:
        """Write them all.

        After an error nobody knows what was written; the publisher sends all of them again, with the
        same ids.

        Raises:
            UnreachableServer: they could not be written now.
        """


class StreamSink:
    """Writes into a scope's streams, one commit per batch; with a keyspace in memory for a replay."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def send(self, items: Sequence[Event | InputRow]) -> None:
        """Append each item to its stream, all or none. Raises UnreachableServer."""
        self._space.commit([], [self._entry(item) for item in items])

    def _entry(self, item: Event | InputRow) -> Add:
        if isinstance(item, InputRow):
            return Add(self._keys.inputs, encode_row(item))
        return Add(self._keys.events, encode(item))


class RedisSink:
    """A stream sink on a server, connected at the first send.

    The client's library, which takes a while, is loaded here: not in the hot loop, nor beside it.

    Raises:
        ConfigurationError: the url is none of Redis's, or the scope has an impossible name.
    """

    def __init__(self, url: str, scope: str) -> None:
        self._keys = keys_of(scope)
        self._streams = StreamSink(keyspace(url), self._keys)

    def send(self, items: Sequence[Event | InputRow]) -> None:
        """Append each item to its stream, all or none.

        Raises:
            UnreachableServer: the server does not answer, or refuses (no memory, no disk, no rights): the
                items wait until somebody has put it right.
        """
        try:
            self._streams.send(items)
        except RefusedByServer as error:
            raise UnreachableServer(f"{self._keys.events} cannot be written: {error}") from error
