"""The flusher: the thread that empties the ring, at once while the server answers, else later."""

from __future__ import annotations

import os
import threading
import time
import weakref

from producers.express import Express
from producers.faults import Faults
from producers.outbox import Outbox
from producers.ring import Ring

IDLE_S = 1.0  # longest sleep without work, seconds
NAP_S = 0.001  # sleep after a send, in which a put wakes nobody: half of its price, and most of its tail
RETRY_S = 0.05  # first pause after a failed send, seconds; doubled each time
RETRY_MAX_S = 2.0
HOLD_S = 0.25  # while pausing, between looks at the ring, seconds
FINISH_S = 2.0  # to leave what was not sent on disk, seconds


class Flusher:
    """Runs an outbox until it is closed.

    Args:
        background: False: no thread, ``flush`` sends.
    """

    def __init__(self, ring: Ring, outbox: Outbox, faults: Faults, *, background: bool) -> None:
        self._ring, self._outbox, self._faults = ring, outbox, faults
        self.express = Express(ring, outbox)
        self._stop, self._forked, self._finished = threading.Event(), False, False
        outbox.closing = self._stop.is_set
        self._thread: threading.Thread | None = None
        if background:
            self._thread = threading.Thread(target=self._run, name="clm-publisher", daemon=True)
            self._thread.start()
        else:
            outbox.adopt()
        _ALIVE.add(self)

    def flush(self, timeout_s: float) -> bool:
        """Wait until nothing waits; False if something does after ``timeout_s`` seconds.

        Without a thread the caller does the sending.
        """
        deadline, pause = time.monotonic() + timeout_s, RETRY_S
        while not self._outbox.empty:
            sent = self._thread is None and self._sent()
            remaining = deadline - time.monotonic()
            if not sent and remaining <= 0:
                return False
            if not sent:
                time.sleep(min(0.001 if self._thread else pause, max(remaining, 0.0)))
                pause = min(2 * pause, RETRY_MAX_S)
        self._outbox.report_drops()
        return True

    def close(self, timeout_s: float) -> None:
        """Send what is left for at most ``timeout_s`` seconds, spool the rest and stop; drop later puts."""
        self._ring.close()
        self.flush(timeout_s)
        self._stop.set()
        self._ring.wake()
        if self._thread is None:
            self._finish()
        elif self._thread is not threading.current_thread():
            self._thread.join(timeout_s + FINISH_S)
        self._outbox.report_left()

    def _run(self) -> None:
        self._outbox.adopt()
        pause, busy = RETRY_S, False
        while not self._stop.is_set():
            if not self._ring.waiting and self._outbox.empty:
                if busy:  # what comes now is soon seen, and need not wake anybody
                    self.express.nap(NAP_S)
                else:
                    self.express.rest(IDLE_S)
                busy = False
            elif self._sent():
                pause, busy = RETRY_S, True
            else:
                self._pause(pause)
                pause = min(2 * pause, RETRY_MAX_S)
        self._finish()

    def _sent(self) -> bool:
        try:
            return self._outbox.send()
        except Exception as error:  # noqa: BLE001 - the thread's edge: a trader is never left unheard
            self._faults.note("server", f"{error!r}; events wait")
            return False

    def _pause(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not self._stop.wait(min(left, HOLD_S)):
            self._outbox.hold()

    def _finish(self) -> None:
        if not (self._forked or self._finished):
            self._finished = True
            self._outbox.finish()

    def abandon(self) -> None:
        """Give up in a forked child: the ring, its ids and the thread are the parent's."""
        self._forked = True
        self._ring.abandon(self._useless)
        self._outbox.abandon()

    def _useless(self) -> None:
        self._faults.note("fork", "made before a fork and useless after it; make one per process")


_ALIVE: weakref.WeakSet[Flusher] = weakref.WeakSet()


def _after_fork() -> None:
    for flusher in _ALIVE:
        flusher.abandon()


os.register_at_fork(after_in_child=_after_fork)
