"""Longest first: in which order jobs that are queued together keep the fewest cores idle at the end.

Whoever takes the longest job last waits for it alone; begun first, the short ones fill the other cores.
Graham (1969), "Bounds on multiprocessing timing anomalies": the last job then ends at most a third later
than under the best order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clm.model import ModelType
from clm.ports import Job

USUAL: Mapping[str, float] = {
    ModelType.ENSEMBLE.value: 24.0,
    ModelType.PATCHTST.value: 11.0,
    ModelType.NHITS.value: 6.0,
    ModelType.XGBOOST.value: 5.0,
    ModelType.LIGHTGBM.value: 2.0,
}
"""CPU seconds of a training with the default parameters, about: networks before boosters. Only their order
counts, and only until a training of the type has ended."""


def longest_first(jobs: Iterable[Job], costs: Mapping[str, float]) -> list[Job]:
    """The jobs, those that will take longest first; equal ones stay as they were.

    Parameters:
        costs: model type -> CPU seconds of its newest training.
    """
    known = {**USUAL, **costs}
    return sorted(jobs, key=lambda job: -known.get(job.model_type, 0.0))
