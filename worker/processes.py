"""The long-running commands: watcher, shadow, dispatcher, worker, api, and all of them at once."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, TypeVar

import structlog

from clm.errors import ClmError, UnreachableServer
from clm.events import SECOND, tick
from clm.ports import Fence
from clm.steps.consume import Consumer
from clm.steps.dispatch import ROLE as DISPATCHER
from worker import bootstrap, logs
from worker.housekeeping import THIN_EVERY_S, Every, GapWatch, keep, thin
from worker.identity import owner_name
from worker.loop import BLOCK_MS, RETRY_SECONDS, Lease, Role, collect_rarely, serve
from worker.settings import Settings, load
from worker.stage import Stage

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")


def watcher(arguments: argparse.Namespace) -> None:
    """Own the role ``watcher`` and, in a live scope, write the ticks."""
    settings, stage, stop = begin(arguments, "watcher")

    def build(fence: Fence) -> Consumer:
        return bootstrap.watcher(stage, settings.policy(), fence)

    bootstrap.rehearse(stage, settings.policy(), settings.rehearse_seconds)
    ticker = [Ticker(stage).beat] if stage.scope.clock == "live" else []
    collect_rarely()
    serve(_role("watcher", settings, build, [*ticker, _gaps(stage, "watcher")]), stage.ownership, stop)


def shadow(arguments: argparse.Namespace) -> None:
    """Own the role ``shadow``."""
    settings, stage, stop = begin(arguments, "shadow")

    def build(fence: Fence) -> Consumer:
        return bootstrap.shadow(stage, settings.policy(), fence)

    collect_rarely()
    serve(_role("shadow", settings, build, [_gaps(stage, "shadow")]), stage.ownership, stop)


def rollout(arguments: argparse.Namespace) -> None:
    """Own the role ``rollout``: take canaries from share to share."""
    settings, stage, stop = begin(arguments, "rollout")

    def build(fence: Fence) -> Consumer:
        return bootstrap.rollout(stage, settings.policy(), fence)

    collect_rarely()
    serve(_role("rollout", settings, build, [_gaps(stage, "rollout")]), stage.ownership, stop)


def dry_watcher(arguments: argparse.Namespace) -> None:
    """Own the role ``watcher`` of the dry run."""
    _beside(arguments, "watcher", bootstrap.dry_watcher)


def dry_shadow(arguments: argparse.Namespace) -> None:
    """Own the role ``shadow`` of the dry run."""
    _beside(arguments, "shadow", bootstrap.dry_shadow)


def _beside(arguments: argparse.Namespace, role: str, build: Callable[..., Consumer]) -> None:
    """Fold for a policy that is only recorded, with a lease and a log of its own."""
    settings, stage, stop = begin(arguments, f"dry-{role}")
    policy = settings.required_dry_policy()
    collect_rarely()
    ownership = bootstrap.dry_stage(stage, policy).ownership
    serve(_role(role, settings, partial(build, stage, policy), []), ownership, stop)


def dispatcher(arguments: argparse.Namespace) -> None:
    """Own the role ``dispatcher``: carry out decisions, queue dead runs again."""
    settings, stage, stop = begin(arguments, "dispatcher")
    owner = owner_name()
    while not stop.is_set():
        try:
            fence = stage.ownership.acquire(DISPATCHER, owner, settings.lease_s)
            if fence is not None:
                log.info("owner", role=DISPATCHER, token=fence.token)
                _dispatch(settings, stage, fence, stop)
        except ClmError as error:
            log.warning("interrupted", role=DISPATCHER, error=str(error))
        stop.wait(RETRY_SECONDS)


def _dispatch(settings: Settings, stage: Stage, fence: Fence, stop: threading.Event) -> None:
    carrier = bootstrap.dispatcher(stage, fence, settings.policy())
    reconciler = bootstrap.reconciler(stage)
    carrier.recover()
    keeper = Every(partial(keep, bootstrap.retention(settings, stage, fence)))
    thinner = Every(partial(thin, bootstrap.bundles(settings, stage)), THIN_EVERY_S)
    looked = time.monotonic()
    with Lease(stage.ownership.renew, fence, settings.lease_s) as lease:
        while not stop.is_set():
            lease.check()
            carrier.step(block_ms=BLOCK_MS)
            keeper.beat()
            thinner.beat()
            if time.monotonic() - looked >= settings.run_lease_s / 3:
                for record in reconciler.look():
                    log.warning("died", run=record.run, attempt=record.attempt, error=record.error)
                looked = time.monotonic()
    stage.ownership.release(fence)


def worker(arguments: argparse.Namespace) -> None:
    """Train what is queued for a pool, one job at a time."""
    from worker import shift

    settings, stage, stop = begin(arguments, "worker", signals=False)
    models = settings.pools.models(arguments.pool)
    bootstrap.preload(models)
    answered(lambda: bootstrap.station(stage.scope.name, settings), stop)  # it may have gone meanwhile
    shift.work(
        lambda: bootstrap.training_worker(settings, stage.scope.name, arguments.pool),
        lambda: stop.wait(RETRY_SECONDS),
        burst=arguments.burst,
        max_jobs=arguments.max_jobs or settings.recycle_jobs,
    )


def api(arguments: argparse.Namespace) -> None:
    """Serve HTTP and metrics."""
    import uvicorn

    settings, stage, _ = begin(arguments, "api", signals=False)
    app = bootstrap.app(settings, stage)
    uvicorn.run(app, host=arguments.host, port=arguments.port, log_config=None)


def up(arguments: argparse.Namespace) -> None:
    """Run every process of a scope under one supervisor; without CLM_REDIS_URL also the server."""
    settings = _settings(arguments)
    stop = _stopped_by_signals()
    with bootstrap.server(settings) as url:
        workers = [f"worker@{pool}".rstrip("@") for pool in settings.pools.names] * arguments.workers
        staged = ["rollout"] if settings.policy().canary_shares else []
        beside = ["dry-watcher", "dry-shadow"] if settings.dry_policy() else []
        names = ["watcher", "shadow", *staged, *beside, "dispatcher", *workers]
        with Family(names, settings, url) as family:
            log.info("up", url=url, processes=names)
            while not stop.wait(0.2):
                family.revive()


class Family:
    """Child processes that are started together, revived when they end and stopped together.

    A name is a command, and of a worker also its pool: ``worker@networks``.
    On Linux they are gone when the thread that started them is, however it ends.
    """

    def __init__(self, names: list[str], settings: Settings, url: str, logs_to: Path | None = None) -> None:
        self._names, self._logs_to = names, logs_to
        self._environment = {**os.environ, **settings.environment(), "CLM_REDIS_URL": url}
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Family:
        self._children = [self._start(name) for name in self._names]
        return self

    def __exit__(self, *exception: object) -> None:
        for child in self._children:
            child.terminate()
        for child in self._children:
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()

    @property
    def pids(self) -> dict[str, int]:
        """Name -> process id; of several workers the last."""
        return {name: child.pid for name, child in zip(self._names, self._children, strict=True)}

    def revive(self) -> list[str]:
        """Start those that died again; their names."""
        dead = [i for i, child in enumerate(self._children) if child.poll() is not None]
        for i in dead:
            code = self._children[i].returncode
            (log.warning if code else log.info)("ended", process=self._names[i], code=code)
            self._children[i] = self._start(self._names[i])
        return [self._names[i] for i in dead]

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        if self._logs_to is None:
            return self._spawn(name, None)
        self._logs_to.mkdir(parents=True, exist_ok=True)
        with (self._logs_to / f"{name}.log").open("ab") as out:
            return self._spawn(name, out)

    def _spawn(self, name: str, out: IO[bytes] | None) -> subprocess.Popen[bytes]:
        command, _, pool = name.partition("@")
        options = ["--pool", pool] if pool else []
        return subprocess.Popen(
            [sys.executable, "-m", "worker", command, *options],
            env=self._environment,
            stdout=out,
            stderr=out,
            preexec_fn=bootstrap.tied_to_owner(),  # noqa: PLW1509 - two system calls, prepared before
        )


class Ticker:
    """Writes the tick of each minute, as the watcher's owner; a tick written again is a duplicate."""

    def __init__(self, stage: Stage, now: Callable[[], float] = time.time) -> None:
        self._stage, self._now = stage, now
        self._minute = -1

    def beat(self, fence: Fence) -> None:
        """Write the tick if a new minute began. Raises NotOwner."""
        minute = int(self._now()) // 60
        if minute != self._minute:
            self._stage.events.append_owned(tick(minute * 60 * SECOND), fence)
            self._minute = minute


def begin(
    arguments: argparse.Namespace, role: str, *, signals: bool = True
) -> tuple[Settings, Stage, threading.Event]:
    """Settings, the stage as soon as its server answers, and what a signal sets."""
    settings = _settings(arguments)
    stop = _stopped_by_signals() if signals else threading.Event()
    structlog.contextvars.bind_contextvars(scope=settings.scope, role=role)
    return settings, answered(lambda: bootstrap.redis_stage(settings), stop), stop


def answered(ask: Callable[[], Answer], stop: threading.Event) -> Answer:
    """What a server says as soon as there is one; the process ends if it is stopped before."""
    while True:
        try:
            return ask()
        except UnreachableServer as error:
            log.warning("unreachable", error=str(error))
            if stop.wait(RETRY_SECONDS):
                sys.exit(0)


def _settings(arguments: argparse.Namespace) -> Settings:
    settings = load(config=arguments.config, scope=arguments.scope)
    logs.configure(settings.log_level, settings.log_json)
    return settings


def _stopped_by_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _role(
    name: str,
    settings: Settings,
    build: Callable[[Fence], Consumer],
    beats: Sequence[Callable[[Fence], None]],
) -> Role:
    def beat(fence: Fence) -> None:
        for each in beats:
            each(fence)

    return Role(
        name=name,
        owner=owner_name(),
        build=build,
        beat=beat,
        lease_s=settings.lease_s,
        save_every_s=settings.checkpoint_seconds,
        save_every_events=settings.checkpoint_events,
    )


def _gaps(stage: Stage, role: str) -> Callable[[Fence], None]:
    watch = Every(GapWatch(stage.trimming, role).look)
    return lambda _: watch.beat()
