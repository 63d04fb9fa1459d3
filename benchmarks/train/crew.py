"""A crew: real training workers of a scope of its own, on a server of its own, for what scheduling costs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.train.market import HOUR
from clm.events import SECOND
from clm.ports import RunRecord
from clm.steps.longest import longest_first
from clm.steps.runs import next_job
from clm.store.keys import OPEN_RUNS
from worker import bootstrap
from worker.processes import Family
from worker.settings import Settings, load
from worker.stage import Stage

if TYPE_CHECKING:
    import pandas as pd

NAME = "bench"
LOOK_S = 0.02
"""Between two looks at whether all runs have ended, seconds."""


class Crew:
    """Workers that wait for trainings."""

    def __init__(self, stage: Stage, as_of: int) -> None:
        self._stage, self._as_of, self._opened = stage, as_of, 0

    def train(self, names: Sequence[str], patience_s: float) -> tuple[list[RunRecord], float]:
        """Queue a training of each model type, in the product's own order, and wait for all of them.

        Returns:
            Their records, and the seconds from the queue to the last one's end.

        Raises:
            TimeoutError: some have not ended within ``patience_s``.
        """
        records = [self._record(name) for name in names]
        since = time.time()
        self._stage.runs.open_all(records)
        jobs = [next_job(each) for each in records]
        self._stage.queue.enqueue_new(longest_first(jobs, self._stage.runs.costs()))
        while self._open():
            if time.time() - since > patience_s:
                raise TimeoutError(f"{self._open()} of {len(names)} trainings have not ended")
            time.sleep(LOOK_S)
        ended = [self._stage.runs.get(each.run) for each in records]
        return ended, max(each.ended_wall for each in ended) - since

    def _open(self) -> int:
        return int(self._stage.space.get(self._stage.keys.progress, OPEN_RUNS) or 0)

    def _record(self, name: str) -> RunRecord:
        self._opened += 1
        return RunRecord(
            run=f"watcher-{self._opened}",
            model_type=name,
            as_of=self._as_of,
            cause="ops-0",
            trigger="time",
            evidence={"regimes": []},
        )


@contextmanager
def crew(
    bars: pd.DataFrame, params: Mapping[str, Any], workers: int, **settings: Any
) -> Iterator[tuple[Crew, Settings]]:
    """So many workers over some hourly bars, each a process that has imported what it needs.

    Parameters:
        params: model type -> parameters; these model types are trained.
    """
    with TemporaryDirectory() as home:
        prices = Path(home, "bars.parquet")
        bars.to_parquet(prices)
        own = load(
            scope=NAME,
            home=Path(home, "clm"),
            data=prices,
            models=list(params),
            training_params=params,
            scopes={NAME: {"bar_seconds": HOUR, "clock": "event"}},
            policy="seed",
            worker_mode="fresh",
            log_level="warning",
            **settings,
        )
        with bootstrap.server(own) as url:
            placed = own.placed(redis_url=url)
            stage = bootstrap.redis_stage(placed)
            as_of = int(bars["timestamp"].max().value) // 1000 + HOUR * SECOND
            with Family(["worker"] * workers, placed, url, Path(home, "logs")):
                yield Crew(stage, as_of), placed
