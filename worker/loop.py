"""The loop of a role: own it, fold, save from time to time, and outlive whatever goes wrong."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from clm.errors import NotOwner, RefusedByServer, UnreachableServer
from clm.ports import Fence, Ownership
from clm.steps.consume import Consumer

log = structlog.get_logger(__name__)

BLOCK_MS = 500
"""How long a read waits for entries; also the longest a stop has to wait."""

GARBAGE = 20_000
"""New objects after which cyclic garbage is looked for."""

RETRY_SECONDS = 0.2
"""Pause after an error and between two attempts to own the role."""


@dataclass(frozen=True, kw_only=True)
class Role:
    """What a loop runs."""

    name: str
    owner: str  # unique per process
    build: Callable[[Fence], Consumer]  # a fresh consumer under a fence
    beat: Callable[[Fence], None] = lambda _: None  # called between two reads, e.g. for ticks
    lease_s: float = 3.0  # a standby takes over after it
    save_every_s: float = 30.0
    save_every_events: int = 1_000_000  # whichever comes first


def collect_rarely() -> None:
    """Look for cyclic garbage less often: a read makes thousands of objects, and none of them a cycle.

    The default of 700 costs a quarter of the CPU of a flood that is decoded entry by entry.
    """
    gc.collect()
    gc.freeze()  # what is loaded now stays
    gc.set_threshold(GARBAGE)


def serve(role: Role, ownership: Ownership, stop: threading.Event) -> None:
    """Run a role until ``stop`` is set; stands by while another process owns it."""
    while not stop.is_set():
        try:
            fence = ownership.acquire(role.name, role.owner, role.lease_s)
            if fence is None:
                stop.wait(RETRY_SECONDS)
                continue
            log.info("owner", role=role.name, token=fence.token)
            _own(role, ownership, fence, stop)
        except NotOwner as error:
            log.warning("lost", role=role.name, error=str(error))
        except (UnreachableServer, RefusedByServer) as error:
            log.warning("interrupted", role=role.name, error=str(error))
            stop.wait(RETRY_SECONDS)
        except Exception:
            # the only broad except: a loop that dies helps nobody, and the state is on the server
            log.exception("failed", role=role.name)
            stop.wait(RETRY_SECONDS)


def _own(role: Role, ownership: Ownership, fence: Fence, stop: threading.Event) -> None:
    consumer = role.build(fence)
    with Lease(ownership.renew, fence, role.lease_s) as lease:
        log.info("recovered", role=role.name, how=consumer.recover())
        saved = time.monotonic()
        while not stop.is_set():
            lease.check()
            consumer.step(block_ms=BLOCK_MS)
            role.beat(fence)
            late = time.monotonic() - saved >= role.save_every_s
            if consumer.unsaved and (late or consumer.unsaved >= role.save_every_events):
                consumer.save()
                saved = time.monotonic()
        consumer.save()
    ownership.release(fence)


class Lease:
    """Renews a lease from a thread while its owner works.

    Parameters:
        renew: of a role (Ownership) or a run (Runs); raises NotOwner when it is lost.
        ttl_s: seconds; renewed every third of it.
    """

    def __init__(self, renew: Callable[[Fence, float], None], fence: Fence, ttl_s: float) -> None:
        self._extend, self._fence, self._ttl_s = renew, fence, ttl_s
        self._lost: NotOwner | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"lease-{fence.name}", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._thread.join()

    def check(self) -> None:
        """Raises NotOwner once the lease was lost."""
        if self._lost is not None:
            raise self._lost

    def _renew(self) -> None:
        while not self._done.wait(self._ttl_s / 3):
            try:
                self._extend(self._fence, self._ttl_s)
            except NotOwner as error:
                self._lost = error
                return
            except (UnreachableServer, RefusedByServer) as error:
                log.warning("not renewed", role=self._fence.name, error=str(error))
