"""Sinks: where a publisher's entries go, in the order in which they were published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from clm.store.keys import Keys
from clm.store.keyspace import Add, Keyspace, Put
from producers.parcels import Parcel


class Sink(Protocol):
    """Takes entries in order."""

    def send(self, parcels: Sequence[Parcel], waiting: Callable[[], None]) -> None:
        """Write them all.

        After an error nobody knows what was written; the publisher sends all of them again, with the
        same ids.

        Args:
            parcels: at least one.
            waiting: called now and then while there is no answer; what it raises ends the send.

        Raises:
            UnreachableServer: they could not be written now.
        """

    def begin(self, parcel: Parcel) -> bool:
        """Write one entry if that takes no waiting at all; the next ``send`` is of it first, and waits.

        False: nothing was begun, and the entry is to be sent like any other.
        """

    def report(self, p: str, counters: bytes) -> None:
        """Keep what became of a producer's events, instead of what it reported before.

        Raises:
            UnreachableServer: it could not be written now.
        """

    def close(self) -> None:
        """Let go of what it holds; it may be used again."""


class StreamSink:
    """Writes into a scope's streams, one commit per send; with a keyspace in memory for a replay."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def send(self, parcels: Sequence[Parcel], waiting: Callable[[], None]) -> None:  # noqa: ARG002
        """Append each entry to its stream, all or none. Raises UnreachableServer."""
        streams = (self._keys.events, self._keys.inputs)
        self._space.commit([], [Add(streams[parcel.inputs], parcel.data) for parcel in parcels])

    def begin(self, parcel: Parcel) -> bool:  # noqa: ARG002
        """A replay has time."""
        return False

    def report(self, p: str, counters: bytes) -> None:
        """Set the producer's field. Raises UnreachableServer."""
        self._space.commit([], [Put(self._keys.producers, counters, p)])

    def close(self) -> None:
        """Nothing is held."""
