"""A job queue in memory: whoever drives the loop drains it."""

from __future__ import annotations


class MemoryJobQueue:
    """Attempts of runs, first in first out; each is taken once."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, int], None] = {}
        self._seen: set[tuple[str, int]] = set()

    def enqueue(self, run: str, attempt: int) -> str:
        """Queue one attempt; twice is once."""
        if (run, attempt) not in self._seen:
            self._seen.add((run, attempt))
            self._waiting[run, attempt] = None
        return f"{run}-{attempt}"

    def alive(self, run: str, attempt: int) -> bool:
        """Whether the attempt still waits."""
        return (run, attempt) in self._waiting

    def drain(self) -> list[tuple[str, int]]:
        """Take everything that waits."""
        taken = list(self._waiting)
        self._waiting.clear()
        return taken
