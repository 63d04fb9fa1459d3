"""The ring: what a trader's hot loop leaves behind, bounded, and how it wakes who takes it."""

from __future__ import annotations

import threading
from _thread import allocate_lock
from collections import deque
from collections.abc import Callable
from typing import Any

Draft = tuple[Any, ...]
"""(p, n, what, µs, value, value, ...) as the trader gave it, unchecked; ``producers.drafts`` reads it."""


class Ring:
    """Drafts in the order in which they were put; when ``limit`` of them wait, new ones are dropped.

    The newest is dropped, not the oldest: what is kept is then a beginning without holes, so no outcome is
    kept whose prediction was lost. Putting neither blocks nor raises, in any thread or signal handler. The
    one who takes sleeps only while nothing waits, so that a put wakes it once and not at every draft.

    Args:
        capacity: drafts that may wait.
    """

    __slots__ = ("_bell", "_counting", "_on_drop", "capacity", "dropped", "idle", "limit", "waiting")

    def __init__(self, capacity: int) -> None:
        self.capacity = self.limit = capacity  # the limit is -1 once the ring is shut
        self.waiting: deque[Draft] = deque()
        self.idle = False  # whether somebody sleeps until the next put
        self.dropped = 0
        self._counting = threading.RLock()  # a signal handler may publish in the middle of a count
        self._on_drop: Callable[[], None] | None = None  # of a forked child
        self._bell = allocate_lock()  # held, except between a wake and the end of the sleep
        self._bell.acquire()

    def put(self, draft: Draft) -> None:
        """Leave a draft, or drop and count it."""
        if len(self.waiting) < self.limit:
            self.waiting.append(draft)
            if self.idle:
                self.wake()
        else:
            self.drop()

    def drop(self) -> None:
        """Count a draft that there was no room for."""
        with self._counting:
            self.dropped += 1
        if self._on_drop is not None:
            self._on_drop()

    def wake(self) -> None:
        """End the sleep of who takes."""
        self.idle = False
        try:
            self._bell.release()
        except RuntimeError:
            return  # another thread was quicker

    def sleep(self, longest_s: float) -> None:
        """Wait for a put or a wake, at most ``longest_s`` seconds; return at once if something waits."""
        # A put between the look at the ring and the wait sees `idle` and rings.
        self.idle = True
        if not self.waiting and self.limit >= 0:
            self._bell.acquire(timeout=longest_s)
        self.idle = False

    def discard(self, count: int) -> None:
        """Remove the oldest."""
        for _ in range(count):
            self.waiting.popleft()

    def shut(self) -> None:
        """Drop whatever is put from now on."""
        self.limit = -1
        self.wake()

    def abandon(self, on_drop: Callable[[], None]) -> None:
        """Forget everything in a forked child, where no other thread lives on, and say so at each drop."""
        self._counting, self._on_drop = threading.RLock(), on_drop
        self.limit = -1
        self.waiting.clear()
