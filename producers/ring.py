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

    __slots__ = ("_bell", "_counting", "_on_drop", "capacity", "dropped", "limit", "shut", "waiting")

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.limit = capacity  # ``attend`` sees to a put when so many wait; 0 while shut or asleep
        self.waiting: deque[Draft] = deque()
        self.shut = False
        self.dropped = 0
        self._counting = threading.RLock()  # a signal handler may publish in the middle of a count
        self._on_drop: Callable[[], None] | None = None  # of a forked child
        self._bell = allocate_lock()  # held, except between a wake and the end of the sleep
        self._bell.acquire()

    def put(self, draft: Draft) -> None:
        """Leave a draft, or drop and count it."""
        if len(self.waiting) < self.limit:
            self.waiting.append(draft)
        else:
            self.attend(draft)

    def attend(self, draft: Draft) -> None:
        """Put a draft when there is more to do than that: wake who sleeps, or drop it."""
        if self.shut or len(self.waiting) >= self.capacity:
            self._drop()
        else:
            self.waiting.append(draft)
            self.wake()

    def _drop(self) -> None:
        with self._counting:
            self.dropped += 1
        if self._on_drop is not None:
            self._on_drop()

    def wake(self) -> None:
        """End the sleep of who takes."""
        self._open()
        try:
            self._bell.release()
        except RuntimeError:
            return  # another thread was quicker

    def sleep(self, longest_s: float) -> None:
        """Wait for a put or a wake, at most ``longest_s`` seconds; return at once if something waits."""
        # A put between the look at the ring and the wait finds the limit 0 and rings.
        self.limit = 0
        if not self.waiting and not self.shut:
            self._bell.acquire(timeout=longest_s)
        self._open()

    def _open(self) -> None:
        self.limit = self.capacity
        if self.shut:  # also when that has just happened, in another thread
            self.limit = 0

    def discard(self, count: int) -> None:
        """Remove the oldest."""
        for _ in range(count):
            self.waiting.popleft()

    def close(self) -> None:
        """Drop whatever is put from now on."""
        self.shut = True
        self.wake()

    def abandon(self, on_drop: Callable[[], None]) -> None:
        """Forget everything in a forked child, where no other thread lives on, and say so at each drop."""
        self._counting, self._on_drop = threading.RLock(), on_drop
        self.shut, self.limit = True, 0
        self.waiting.clear()
