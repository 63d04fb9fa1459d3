"""The outbox: a bounded ring between the hot loop and a thread that writes it to a sink."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import deque
from dataclasses import dataclass

from clm.errors import ClmError, MalformedEvent
from producers.drafts import Draft, Item, make, name
from producers.faults import Faults
from producers.sinks import Sink

BATCH = 1000  # drafts per send
IDLE_S = 1.0  # longest sleep without work, seconds
RETRY_S = 0.05  # first pause after a failed send, seconds; doubled each time
RETRY_MAX_S = 2.0


@dataclass(frozen=True)
class Stats:
    """What became of everything that was put; the four add up to it."""

    published: int  # written, each at least once
    pending: int  # waiting in the ring
    dropped: int  # the ring was full, or the publisher closed
    failed: int  # could not be written: a value of the wrong type


class Outbox:
    """Keeps drafts in order until the sink has taken them.

    ``put`` neither blocks nor raises. When the ring is full the newest draft is dropped: what is
    kept is then a beginning without holes, so no outcome is kept whose prediction was lost.
    """

    def __init__(self, sink: Sink, capacity: int, *, background: bool) -> None:
        self.faults = Faults("publisher")
        self._sink, self._capacity = sink, capacity
        self._ring: deque[Draft] = deque()
        self._batch: list[Item] = []  # made of the oldest drafts, which stay in the ring until sent
        self._taken = 0  # drafts in the batch, the failed ones included
        self._published = self._dropped = self._failed = self._told = 0
        self._drop_lock = threading.Lock()
        self._closed = self._idle = self._forked = False
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="clm-publisher", daemon=True)
        self._background = background
        if background:
            self._thread.start()
        _ALIVE.add(self)

    def put(self, draft: Draft) -> None:
        """Leave a draft for the flusher."""
        if self._closed or len(self._ring) >= self._capacity:
            self._drop()
            return
        self._ring.append(draft)
        if self._idle:
            self._wake.set()

    @property
    def stats(self) -> Stats:
        """The counts so far."""
        return Stats(self._published, len(self._ring), self._dropped, self._failed)

    def flush(self, timeout_s: float) -> bool:
        """Wait until the ring is empty; False if it is not after ``timeout_s`` seconds.

        Without a thread the caller does the sending.
        """
        deadline, pause = time.monotonic() + timeout_s, RETRY_S
        while self._ring:
            sent = not self._background and self._send_batch()
            remaining = deadline - time.monotonic()
            if not sent and remaining <= 0:
                return False
            if not sent:
                time.sleep(min(0.001 if self._background else pause, max(remaining, 0.0)))
                pause = min(2 * pause, RETRY_MAX_S)
        self._report_drops()
        return True

    def close(self, timeout_s: float) -> None:
        """Send what is left for at most ``timeout_s`` seconds, then stop; later puts are dropped."""
        self._closed = True
        if not self.flush(timeout_s):
            self.faults.note("closed", f"{len(self._ring)} events were never sent")
        self._stop.set()
        self._wake.set()
        if self._background and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def _drop(self) -> None:
        with self._drop_lock:
            self._dropped += 1
        if self._forked:
            self.faults.note("fork", "made before a fork and useless after it; make one per process")

    def _run(self) -> None:
        pause = RETRY_S
        while not self._stop.is_set():
            if not self._ring:
                self._sleep()
            elif self._sent():
                pause = RETRY_S
            else:
                self._stop.wait(pause)
                pause = min(2 * pause, RETRY_MAX_S)

    def _sent(self) -> bool:
        try:
            return self._send_batch()
        except Exception as error:  # noqa: BLE001 - the thread's edge: a trader is never left unheard
            self.faults.note("server", f"{error!r}; {len(self._ring)} events wait")
            return False

    def _sleep(self) -> None:
        # A put between the look at the ring and the wait sees `idle` and sets the event.
        self._wake.clear()
        self._idle = True
        if not self._ring and not self._stop.is_set():
            self._wake.wait(IDLE_S)
        self._idle = False

    def _send_batch(self) -> bool:
        self._report_drops()
        if not self._taken:
            self._take()
        try:
            if self._batch:
                self._sink.send(self._batch)
        except (ClmError, OSError) as error:
            waiting = f"{len(self._ring)} events wait and will be sent with the same ids"
            self.faults.note("server", f"{error}; {waiting}")
            return False
        self._forget_batch()
        return True

    def _take(self) -> None:
        # By index: another thread may append meanwhile, which an iterator would not survive.
        self._taken = min(len(self._ring), BATCH)
        for position in range(self._taken):
            draft = self._ring[position]
            try:
                self._batch.append(make(draft))
            except MalformedEvent as error:
                self.faults.note(name(draft), str(error))

    def _forget_batch(self) -> None:
        self.faults.over("server")
        self._published += len(self._batch)
        self._failed += self._taken - len(self._batch)
        for _ in range(self._taken):
            self._ring.popleft()
        self._batch, self._taken = [], 0
        if not self._ring:
            self.faults.over("ring")

    def _report_drops(self) -> None:
        dropped = self._dropped
        if dropped > self._told:
            self._told = dropped
            why = "the publisher is closed" if self._closed else f"{self._capacity} events wait"
            self.faults.note("ring", f"dropped {dropped} events so far: {why}")

    def abandon(self) -> None:
        """Give up in a forked child: the ring, its ids and the thread are the parent's."""
        self._drop_lock = threading.Lock()
        self._closed = self._forked = True
        self._ring.clear()


_ALIVE: weakref.WeakSet[Outbox] = weakref.WeakSet()


def _after_fork() -> None:
    for outbox in _ALIVE:
        outbox.abandon()


os.register_at_fork(after_in_child=_after_fork)
