"""The spool: where entries wait on disk while the server is away, also for the next process."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

from clm.errors import ConfigurationError
from clm.store.redis_keyspace import masked
from clm.store.wire import MAX_BYTES
from producers.faults import Faults
from producers.parcels import Parcel
from producers.segment import Segment, room

SUFFIX = ".spool"

SHARE = 16
"""A file is closed at this part of the limit, so that room comes back while the spool is emptied."""

SEND = 1 << 18
"""Bytes that are sent at once."""


class Spool:
    """Entries in a directory, first in, first out, of at most ``limit`` bytes.

    Every publisher has files of its own. Those of processes that died are adopted, oldest first, before
    the first own one is written. What was sent stays in its file until all of that was sent; a process that
    dies meanwhile leaves it to be sent again, with the same ids.

    Args:
        directory: made when it is needed.
        limit: bytes.
        faults: where to say what goes wrong.

    Raises:
        ConfigurationError: the limit has no room for the largest entries.
    """

    def __init__(self, directory: Path, limit: int, faults: Faults) -> None:
        if limit < SHARE * MAX_BYTES:
            raise ConfigurationError(f"spool_bytes is {limit}; it must be >= {SHARE * MAX_BYTES}")
        self.directory, self._limit, self._faults = directory, limit, faults
        self.segments: list[Segment] = []  # none while nothing waits
        self._name, self._made = f"{time.time_ns():020}-{os.urandom(4).hex()}", 0
        self._writing: Segment | None = None  # the last of them, unless that was adopted

    @property
    def entries(self) -> int:
        """How many wait."""
        return sum(segment.entries for segment in self.segments)

    @property
    def events(self) -> int:
        """How many events and input rows wait in them."""
        return sum(segment.events for segment in self.segments)

    def adopt(self) -> None:
        """Take over what the dead left."""
        try:
            for path in sorted(self.directory.glob(f"*{SUFFIX}")):
                self._adopt(path)
        except OSError as error:
            self._faults.note("spool", f"{error}: what earlier processes left in {self.directory} waits")

    def _adopt(self, path: Path) -> None:
        adopted = Segment.adopt(path)
        if adopted is None:
            return
        segment, torn = adopted
        if torn:
            self._faults.note("torn", f"{path} ended in the middle of an entry: cut off {torn} bytes")
        self.segments.append(segment)

    def append(self, parcels: Sequence[Parcel]) -> int:
        """Add the first of some entries as far as there is room; how many those were."""
        free = self._limit - sum(segment.size for segment in self.segments)
        fitting = 0
        for parcel in parcels:
            free -= room(parcel)
            if free < 0:
                self._faults.note(
                    "full", f"{self.directory} holds its {self._limit} bytes: raise spool_bytes"
                )
                break
            fitting += 1
        return fitting if fitting and self._written(parcels[:fitting]) else 0

    def _written(self, parcels: Sequence[Parcel]) -> bool:
        try:
            self._open().append(parcels)
        except OSError as error:
            self._faults.note("spool", f"{error}: events wait in memory; free or name another spool_dir")
            return False
        self._faults.over("spool")
        return True

    def _open(self) -> Segment:
        if self._writing is None or self._writing.size >= self._limit // SHARE:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._made += 1
            self._writing = Segment.create(self.directory / f"{self._name}-{self._made:06}{SUFFIX}")
            self.segments.append(self._writing)
        return self._writing

    def oldest(self) -> list[Parcel]:
        """The first entries that wait, as many as are sent at once."""
        self._clean()
        return self.segments[0].oldest(SEND) if self.segments else []

    def take(self, parcels: Sequence[Parcel]) -> None:
        """Forget the oldest entries, which were sent."""
        left = list(parcels)
        while left:
            self._clean()
            count = min(len(left), self.segments[0].entries)
            self.segments[0].take(left[:count])
            del left[:count]
        self._clean()
        if not self.segments:
            self._faults.over("full")

    def _clean(self) -> None:
        while self.segments and not self.segments[0].entries:
            done = self.segments.pop(0)
            done.close(remove=True)
            self._writing = None if done is self._writing else self._writing

    def close(self, *, forked: bool = False) -> None:
        """Let go of the files, so that the next publisher may adopt them; empty ones are removed.

        In a forked child the files are the parent's, and so is the lock, until the parent ends too.
        """
        for segment in self.segments:
            segment.close(remove=not segment.entries and not forked)


def place(directory: str, url: str, scope: str) -> Path:
    """A directory for what is meant for one scope on one server, so that none of it reaches another."""
    server = hashlib.sha256(masked(url).encode()).hexdigest()[:8]
    return Path(directory) / f"{scope}-{server}"
