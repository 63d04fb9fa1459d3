"""The command ``clm archive``: copy the streams of a scope to Parquet, once or for good."""

from __future__ import annotations

import argparse
import json
import threading
import time
from functools import partial

from clm.errors import ConfigurationError, NotOwner, RefusedByServer, UnreachableServer
from clm.ports import Archive, Fence
from worker import bootstrap
from worker.identity import owner_name
from worker.loop import RETRY_SECONDS, Lease, log
from worker.processes import begin
from worker.settings import Settings
from worker.stage import Stage

FOLLOW_S = 300.0
"""Seconds from one round to the next: every round with something new makes a file."""


def archive(arguments: argparse.Namespace) -> int:
    """Archive what is there and stop; with ``--follow`` go on until a signal comes."""
    settings, stage, stop = begin(arguments, bootstrap.ARCHIVE, signals=arguments.follow)
    place = bootstrap.archive_at(arguments.to or settings.archive, stage.scope.name)
    if place is None:
        raise ConfigurationError("no archive: name a directory or URL with --to or CLM_ARCHIVE")
    if arguments.follow:
        while not stop.is_set():
            _follow(settings, stage, place, stop)
        return 0
    copied = _once(settings, stage, place)
    print(json.dumps(copied) if arguments.json else "\n".join(f"{n} {each}" for each, n in copied.items()))
    return 0


def _once(settings: Settings, stage: Stage, place: Archive) -> dict[str, int]:
    fence = stage.ownership.acquire(bootstrap.ARCHIVE, owner_name(), settings.lease_s)
    if fence is None:
        raise NotOwner(f"another process archives scope {stage.scope.name}: wait for it or stop it")
    with Lease(stage.ownership.renew, fence, settings.lease_s):
        copied = _round(settings, stage, place, fence)
    stage.ownership.release(fence)
    return copied


def _follow(settings: Settings, stage: Stage, place: Archive, stop: threading.Event) -> None:
    """Archive every few minutes for as long as this process owns the role."""
    try:
        fence = stage.ownership.acquire(bootstrap.ARCHIVE, owner_name(), settings.lease_s)
        if fence is None:
            stop.wait(RETRY_SECONDS)
            return
        with Lease(stage.ownership.renew, fence, settings.lease_s) as lease:
            while not stop.is_set():
                lease.check()
                log.info("archived", **_round(settings, stage, place, fence))
                until = time.monotonic() + FOLLOW_S
                while time.monotonic() < until and not stop.wait(RETRY_SECONDS):
                    lease.check()
        stage.ownership.release(fence)
    except (NotOwner, RefusedByServer, UnreachableServer) as error:
        log.warning("interrupted", error=str(error))
        stop.wait(RETRY_SECONDS)


def _round(settings: Settings, stage: Stage, place: Archive, fence: Fence) -> dict[str, int]:
    renew = partial(stage.ownership.renew, fence, settings.lease_s)
    archiver = bootstrap.archiver(stage, place, fence, renew)
    archiver.mend()
    return archiver.step()
