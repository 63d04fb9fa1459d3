"""The witness: the heads of the decision log, kept where whoever can write to the server cannot reach."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from clm.records import Head, canonical

log = logging.getLogger("clm.store.witness")

Heads = Mapping[str, Head]


class FileWitness:
    """A file to which a line is added with every move: role -> number and hash of its newest decision.

    It must not be in the way of a move that has happened: what it cannot write it logs, and the next line
    covers it, for a head stands for all decisions before it.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)

    def saw(self, heads: Heads) -> None:
        """Keep heads, on the disk before this returns."""
        line = canonical({role: [head.n, head.hash] for role, head in sorted(heads.items())}) + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                os.write(file, line)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            log.warning("heads of the decision log were not kept in %s: %s", self._path, error)

    def seen(self) -> Iterator[Heads]:
        """Everything that was kept, oldest first; a line that was torn by a full disk is passed over."""
        if not self._path.exists():
            return
        with self._path.open("rb") as lines:
            for line in lines:
                try:
                    yield {role: Head(int(n), str(digest)) for role, (n, digest) in json.loads(line).items()}
                except (ValueError, TypeError, AttributeError):
                    log.warning("a line of %s cannot be read: %r", self._path, line[:80])


class MemoryWitness:
    """The same in memory."""

    def __init__(self) -> None:
        self._seen: list[Heads] = []
        self._lock = threading.Lock()

    def saw(self, heads: Heads) -> None:
        """Keep heads."""
        with self._lock:
            self._seen.append(dict(heads))

    def seen(self) -> Iterator[Heads]:
        """Everything that was kept, oldest first."""
        return iter(list(self._seen))
