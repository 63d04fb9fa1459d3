"""Rivals: the fixed schedules beside a replay, in a process of their own on another core."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from clm.model import ModelType
from clm.ports import RunRecord
from clm.replay import schedules
from clm.replay.report import first_training
from clm.replay.schedules import Outturn, Schedule
from clm.scope import Scope
from worker.market import market
from worker.settings import Settings

NETWORKS = frozenset({ModelType.NHITS, ModelType.PATCHTST})


class Rivals:
    """Starts when every model type has its first training, from which on all are compared.

    Parameters:
        plan: by model type, the schedule that runs beside ``never``.
    """

    def __init__(
        self, settings: Settings, scope: Scope, path: Path | str, plan: Mapping[ModelType, Schedule]
    ) -> None:
        self._settings, self._scope, self._path, self._plan = settings, scope, path, plan
        # spawned, for a fork of a process that has trained would hang
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, context, initializer=_leave_with, initargs=(os.getpid(),))
        self._work: Future[list[Outturn]] | None = None

    def __enter__(self) -> Rivals:
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def look(self, runs: Callable[[], Iterable[RunRecord]]) -> None:
        """Start the comparison if it has not begun and every model type has its first training."""
        if self._work is None:
            starts = self._starts(list(runs()))
            if len(starts) == len(self._settings.policy().models):
                self._begin(starts)

    def outturns(self, runs: Iterable[RunRecord]) -> list[Outturn]:
        """Wait for the comparison of all that were trained; empty if none was."""
        if self._work is None:
            self._begin(self._starts(list(runs)))
        return self._work.result() if self._work is not None else []

    def _begin(self, starts: Mapping[ModelType, int]) -> None:
        if starts:
            plans = {each: [Schedule(schedules.NEVER, None), self._plan[each]] for each in starts}
            self._work = self._pool.submit(
                compare, self._settings, self._scope, str(self._path), starts, plans
            )

    def _starts(self, runs: list[RunRecord]) -> dict[ModelType, int]:
        firsts = {each: first_training(runs, each.value) for each in self._settings.policy().models}
        return {each: start for each, start in firsts.items() if start is not None}


def _leave_with(owner: int) -> None:
    """End this process when its owner is gone: a comparison without a reader is of no use."""

    def watch() -> None:
        while os.getppid() == owner:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def compare(
    settings: Settings,
    scope: Scope,
    path: str,
    starts: Mapping[ModelType, int],
    plans: Mapping[ModelType, list[Schedule]],
) -> list[Outturn]:
    """Run the schedules of each model type from its first training (µs) on."""
    field = market(settings, scope, path).field
    return [
        schedules.run(plan, model_type, start, field)
        for model_type, start in starts.items()
        for plan in plans[model_type]
    ]
