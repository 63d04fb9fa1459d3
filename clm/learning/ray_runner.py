"""Groups of symbols trained as tasks of a Ray cluster: the one that RAY_ADDRESS names, else a local one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from clm.errors import ClmError, TrainingFailed, UnreachableServer
from clm.learning.group_trainer import Made, Task, work
from clm.learning.libraries import load

EXTRA = "ray"
TRIES = 3
"""How often a task is begun whose machine died."""


def on_ray(tasks: Sequence[Task]) -> list[Made]:
    """Work each task on one core of the cluster; what became of each, in their order.

    Raises:
        MissingLibrary: Ray is not installed.
        UnreachableServer: no cluster answers.
        TrainingFailed: a task raised, or was lost with its machine.
    """
    ray = load("ray", EXTRA)
    with _cluster(ray):
        remote = ray.remote(num_cpus=1, max_retries=TRIES - 1)(work)
        waiting = [remote.remote(task) for task in tasks]
        try:
            made: list[Made] = ray.get(waiting)
        except (ClmError, ray.exceptions.RayError) as error:
            for each in waiting:
                ray.cancel(each, force=True)
            raise TrainingFailed(f"a group of symbols failed on Ray: {_last_line(error)}") from error
    return made


@contextmanager
def _cluster(ray: Any) -> Iterator[None]:
    """Be connected to a cluster; a local one ends with the connection, or it would outlive a killed child."""
    if ray.is_initialized():
        yield
        return
    with _same_signals():
        try:
            ray.init(include_dashboard=False, configure_logging=False, log_to_driver=False)
        except (ConnectionError, RuntimeError) as error:
            raise UnreachableServer(f"no Ray cluster: {error}; start one, or unset RAY_ADDRESS") from error
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _same_signals() -> Iterator[None]:
    """Keep the process's own way to end at SIGTERM, which Ray replaces."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _last_line(error: Exception) -> str:
    """What a task said at last; above it stands the trace of another machine."""
    return str(error).strip().splitlines()[-1]
