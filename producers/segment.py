"""A segment: one append-only file of entries, owned by one process as long as that lives."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import Struct
from zlib import crc32

from producers.parcels import Parcel

MAGIC = b"clm spool 1\n"

HEADER = Struct("<IIH?")
"""Before each entry: its bytes, their CRC-32, the events in it, whether it is for the inputs stream."""

READ = 1 << 20
"""Bytes of one read: more than the largest entry."""


class Segment:
    """A file of entries that are taken in the order in which they were added.

    What a process writes survives its death, not the machine's. The lock on the file ends with its owner.
    """

    def __init__(self, path: Path, handle: int) -> None:
        self.path, self._handle = path, handle
        self.size = self._next = len(MAGIC)  # bytes: of the file, and until the first entry not taken
        self.entries = self.events = 0  # not taken

    @classmethod
    def create(cls, path: Path) -> Segment:
        """A new file. Raises OSError."""
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write(handle, MAGIC, 0)
        except OSError:
            path.unlink(missing_ok=True)
            os.close(handle)
            raise
        return cls(path, handle)

    @classmethod
    def adopt(cls, path: Path) -> tuple[Segment, int] | None:
        """The file of a process that died, and how many bytes of an unfinished entry were cut off its end.

        None if its owner lives, or somebody else adopted it, or it is no segment. Raises OSError.
        """
        with contextlib.suppress(FileNotFoundError):
            handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            if _taken_over(handle):
                segment = cls(path, handle)
                return segment, segment._count()
            os.close(handle)
        return None

    def append(self, parcels: Sequence[Parcel]) -> None:
        """Add entries, all or none. Raises OSError."""
        blob = b"".join(
            HEADER.pack(len(each.data), crc32(each.data), each.events, each.inputs) + each.data
            for each in parcels
        )
        _write(self._handle, blob, self.size)
        self.size += len(blob)
        self.entries += len(parcels)
        self.events += sum(each.events for each in parcels)

    def oldest(self, longest: int) -> list[Parcel]:
        """The first entries that were not taken, of up to ``longest`` bytes, but at least one."""
        found, size = list[Parcel](), 0
        for parcel in self._read(self._next):
            size += room(parcel)
            if found and size > longest:
                break
            found.append(parcel)
        return found

    def take(self, parcels: Sequence[Parcel]) -> None:
        """Forget the oldest entries."""
        self._next += sum(map(room, parcels))
        self.entries -= len(parcels)
        self.events -= sum(each.events for each in parcels)

    def close(self, *, remove: bool) -> None:
        """Let go of the file; ``remove`` deletes it."""
        if remove:
            self.path.unlink(missing_ok=True)
        os.close(self._handle)

    def _count(self) -> int:
        """Find the entries of an adopted file and cut off what follows the last whole one; bytes of that."""
        length = os.fstat(self._handle).st_size
        for parcel in self._read(self._next):
            self.size += room(parcel)
            self.entries += 1
            self.events += parcel.events
        os.ftruncate(self._handle, self.size)
        return max(length - self.size, 0)

    def _read(self, start: int) -> Iterator[Parcel]:
        """The whole entries from a place in the file on."""
        while chunk := os.pread(self._handle, READ, start):
            at = 0
            while (found := _entry(chunk, at)) is not None:
                yield found
                at += room(found)
            if not at:
                return
            start += at


def room(parcel: Parcel) -> int:
    """Bytes that an entry takes in a file."""
    return HEADER.size + len(parcel.data)


def _entry(chunk: bytes, at: int) -> Parcel | None:
    if at + HEADER.size > len(chunk):
        return None
    length, check, events, inputs = HEADER.unpack_from(chunk, at)
    data = chunk[at + HEADER.size : at + HEADER.size + length]
    if not length or len(data) != length or crc32(data) != check:
        return None  # a crashed machine may leave zeros
    return Parcel(data, events, inputs)


def _taken_over(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    # Whoever had it before may have removed it between our opening and our locking it.
    return os.fstat(handle).st_nlink > 0 and os.pread(handle, len(MAGIC), 0) == MAGIC


def _write(handle: int, blob: bytes, at: int) -> None:
    if os.pwrite(handle, blob, at) != len(blob):
        os.ftruncate(handle, at)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
