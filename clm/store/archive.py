"""The archive of a scope: its streams as Parquet files, one pair per range of entries.

    raw/scope=us-daily/stream=events/date=2025-01-30/1738195200000-0_1738281599999-3.parquet   id, data
    flat/…the same name…                                                      one row per event, for training

The raw file is the truth and carries the cursor in its name: what comes next is what follows the last one.
The flat file is derived from it, so that it can be made again.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from clm.events import position
from clm.ports import STREAMS, Entry
from clm.store.archive_files import ArchiveFiles
from clm.store.event_table import table_of

RAW, FLAT = "raw", "flat"
START = "0-0"


@dataclass(frozen=True, order=True)
class Span:
    """One archived range of entries, both ends included."""

    first: tuple[int, int]
    last: tuple[int, int]
    name: str


class StreamArchive:
    """The archived streams of one scope."""

    def __init__(self, files: ArchiveFiles, scope: str) -> None:
        self._files, self._scope = files, scope
        self._open: tuple[str, list[Entry]] = ("", [])  # the file that was read last

    def spans(self, stream: str) -> list[Span]:
        """What is archived of a stream, oldest first."""
        names = self._files.names(f"{RAW}/scope={self._scope}/stream={stream}")
        return sorted(_span(name) for name in names if name.endswith(".parquet"))

    def last_id(self, stream: str) -> str:
        """The newest archived entry, "0-0" while there is none."""
        newest = max((span.last for span in self.spans(stream)), default=None)
        return START if newest is None else f"{newest[0]}-{newest[1]}"

    def read(self, stream: str, after: str, count: int = 1000) -> list[Entry]:
        """The archived entries after an id, oldest first, each once though two files may have it."""
        wanted = position(after)
        for span in self.spans(stream):
            if span.last > wanted:
                entries = self._entries(span.name)
                start = bisect_right(entries, wanted, key=lambda entry: position(entry.id))
                return entries[start : start + count]
        return []

    def keep(self, stream: str, entries: Sequence[Entry]) -> None:
        """Archive the entries of one UTC day, in their order; doing it again changes nothing."""
        first, last = entries[0].id, entries[-1].id
        day = datetime.fromtimestamp(position(first)[0] / 1000, UTC)
        name = f"scope={self._scope}/stream={stream}/date={day:%Y-%m-%d}/{first}_{last}.parquet"
        self._files.write(f"{RAW}/{name}", _packed_entries(entries))
        self._flatten(stream, name, entries)

    def mend(self) -> None:
        """Finish what a killed archiver left half done; only for the one that owns the archive."""
        self._files.tidy()
        for stream in STREAMS:
            flat = set(self._files.names(f"{FLAT}/scope={self._scope}/stream={stream}"))
            for span in self.spans(stream):
                name = span.name.removeprefix(f"{RAW}/")
                if f"{FLAT}/{name}" not in flat:
                    self._flatten(stream, name, self._entries(span.name))

    def _flatten(self, stream: str, name: str, entries: Sequence[Entry]) -> None:
        from pyarrow import parquet

        out = io.BytesIO()
        parquet.write_table(table_of(stream, entries), out, compression="zstd")
        self._files.write(f"{FLAT}/{name}", out.getvalue())

    def _entries(self, name: str) -> list[Entry]:
        if self._open[0] != name:
            from pyarrow import parquet

            table = parquet.read_table(io.BytesIO(self._files.read(name)), columns=["id", "data"])
            rows = zip(table["id"].to_pylist(), table["data"].to_pylist(), strict=True)
            self._open = name, [Entry(entry_id, data) for entry_id, data in rows]
        return self._open[1]


def _packed_entries(entries: Sequence[Entry]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    columns = {
        "id": pa.array([entry.id for entry in entries], pa.string()),
        "data": pa.array([entry.data for entry in entries], pa.binary()),
    }
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out, compression="zstd")
    return out.getvalue()


def _span(name: str) -> Span:
    first, _, last = PurePosixPath(name).stem.partition("_")
    return Span(position(first), position(last), name)
