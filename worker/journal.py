"""The decision log as an onlooker keeps it: each decision read once, the newest kept whole."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace

from clm.ports import DecisionLog
from clm.records import Decision

WHOLE = 1000
"""Newest decisions that keep their evidence, which is most of their size."""


class Journal:
    """Follows a decision log; safe to be asked from several threads."""

    def __init__(self, log: DecisionLog) -> None:
        self._log, self._cursor = log, "0-0"
        self._chain: list[Decision] = []
        self._whole: deque[Decision] = deque(maxlen=WHOLE)
        self._lock = threading.Lock()

    def chain(self) -> list[Decision]:
        """Every decision, oldest first, without its evidence. Raises UnreachableServer."""
        with self._lock:
            self._read()
            return list(self._chain)

    def newest(self, limit: int) -> list[Decision]:
        """The newest decisions whole, oldest first; at most 1,000."""
        with self._lock:
            self._read()
            return list(self._whole)[-limit:]

    def whole(self) -> list[Decision]:
        """Every decision with its evidence, oldest first, read anew. Raises UnreachableServer."""
        cursor, found = "0-0", list[Decision]()
        while rows := self._log.read(cursor):
            cursor = rows[-1][0]
            found += [decision for _, decision in rows]
        return found

    def _read(self) -> None:
        while rows := self._log.read(self._cursor):
            for self._cursor, decision in rows:
                self._chain.append(replace(decision, evidence={}))
                self._whole.append(decision)
