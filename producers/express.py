"""The express way: what cannot wait is sent by the thread that has it, while nothing else is under way."""

from __future__ import annotations

import time
from _thread import allocate_lock
from collections.abc import Callable

from producers.outbox import Outbox
from producers.ring import Draft, Ring


class Express:
    """Lends the outbox to a caller while the thread that empties the ring sleeps.

    Waking that thread takes longer than writing an event to the wire. A caller never waits for the outbox: if
    it is not free, or the write would block, the draft goes into the ring like any other. The answer is the
    thread's business, which is woken for it.

    Args:
        ring: where the other drafts go.
        outbox: one thread at a time has it.
    """

    def __init__(self, ring: Ring, outbox: Outbox) -> None:
        self._ring, self._outbox = ring, outbox
        self._turn = allocate_lock()  # held by who has the outbox: at first, and mostly, the thread
        self._turn.acquire()

    def put(self, draft: Draft) -> None:
        """Send a draft, or leave it in the ring; neither blocks nor raises."""
        if self._ring.shut or not self._turn.acquire(blocking=False):
            self._ring.put(draft)
            return
        try:
            begun = self._outbox.begin(draft)
        except Exception:  # noqa: BLE001 - whatever it is; the thread meets it again, and explains it
            begun = False
        finally:
            self._turn.release()
        if begun:
            self._ring.wake()
        else:
            self._ring.put(draft)

    def rest(self, longest_s: float) -> None:
        """Sleep until a put, at most so many seconds; the outbox is free meanwhile."""
        self._free_while(self._ring.sleep, longest_s)

    def nap(self, seconds: float) -> None:
        """Sleep so long whatever is put; the outbox is free meanwhile."""
        self._free_while(time.sleep, seconds)

    def _free_while(self, asleep: Callable[[float], None], seconds: float) -> None:
        self._turn.release()
        try:
            asleep(seconds)
        finally:
            self._turn.acquire()
