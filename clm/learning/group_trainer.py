"""Training by groups of symbols: the same trainer on each group's rows, here or on other machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import structlog

from clm.errors import InsufficientData
from clm.learning.bundle import Bundle, pack, unpack
from clm.learning.calibration import UNSHRUNK
from clm.learning.grouped import GroupedModel, group_of
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType

if TYPE_CHECKING:
    import pandas as pd

TRAIN, REFIT, WARM = "train", "refit", "warm"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Task:
    """The training of one group; it can be sent anywhere where this package is installed."""

    trainer: NativeTrainer
    model_type: ModelType
    verb: str  # TRAIN, REFIT or WARM
    rows: pd.DataFrame  # of the group's symbols
    params: Mapping[str, Any]
    known: bytes = b""  # the packed bundle that a refit repeats or a warm start goes on from


@dataclass(frozen=True)
class Made:
    """What became of a task."""

    bundle: bytes = b""  # packed; empty: there is none
    short: str = ""  # why not: the group has too few rows


Run = Callable[[Sequence[Task]], list[Made]]
"""Works some tasks, each on its own; what became of each, in their order."""


def work(task: Task) -> Made:
    """Train one group.

    Raises:
        ClmError: as the trainer raises it, but for too few rows.
    """
    trainer, each, params = task.trainer, task.model_type, dict(task.params)
    try:
        if task.verb == TRAIN:
            made = getattr(trainer, f"train_{each.value}")(task.rows, params)
        else:
            made = getattr(trainer, task.verb)(each, task.rows, params, unpack(task.known))
    except InsufficientData as error:
        return Made(short=str(error))
    return Made(pack(made))


def one_after_the_other(tasks: Sequence[Task]) -> list[Made]:
    """Work the tasks in this process."""
    return [work(task) for task in tasks]


class GroupTrainer:
    """Fits a model per group of symbols; what it returns is one bundle that holds them all.

    Parameters:
        trainer: of each group.
        groups: of symbols, by their names.
        run: where the groups are trained.
    """

    takes_seeds = True

    def __init__(self, trainer: NativeTrainer, groups: int, run: Run = one_after_the_other) -> None:
        self._trainer, self.groups, self.run = trainer, groups, run

    def train_xgboost(self, df: pd.DataFrame, params: dict[str, Any]) -> Bundle:
        """Fit each group, as ``NativeTrainer`` does it.

        Raises, as all of them:
            InsufficientData: no group has enough rows.
            ClmError: a group's training raised it.
        """
        return self._train(ModelType.XGBOOST, df, params, TRAIN)

    def train_lightgbm(self, df: pd.DataFrame, params: dict[str, Any]) -> Bundle:
        return self._train(ModelType.LIGHTGBM, df, params, TRAIN)

    def train_nhits(self, df: pd.DataFrame, params: dict[str, Any]) -> Bundle:
        return self._train(ModelType.NHITS, df, params, TRAIN)

    def train_patchtst(self, df: pd.DataFrame, params: dict[str, Any]) -> Bundle:
        return self._train(ModelType.PATCHTST, df, params, TRAIN)

    def train_ensemble(self, df: pd.DataFrame, params: dict[str, Any]) -> Bundle:
        return self._train(ModelType.ENSEMBLE, df, params, TRAIN)

    def refit(
        self, model_type: ModelType, df: pd.DataFrame, params: Mapping[str, Any], settled: Bundle
    ) -> Bundle:
        """Fit each group to every row of it, by what its own earlier fit settled; a new one is trained."""
        return self._train(model_type, df, params, REFIT, settled.parts)

    def warm(
        self, model_type: ModelType, df: pd.DataFrame, params: Mapping[str, Any], parent: Bundle
    ) -> Bundle:
        """Go on from each group's own model; a new group is trained."""
        return self._train(model_type, df, params, WARM, parent.parts)

    def objection(self, model_type: ModelType, params: Mapping[str, Any], parent: Any) -> str:
        """Why no fit goes on from this model; empty if one may."""
        if not isinstance(parent, Bundle) or getattr(parent.model, "groups", None) != self.groups:
            return "the active model has other groups of symbols"
        told = (self._trainer.objection(model_type, params, each) for each in parent.parts.values())
        return next((each for each in told if each), "")

    def _train(
        self,
        model_type: ModelType,
        df: pd.DataFrame,
        params: Mapping[str, Any],
        verb: str,
        known: Mapping[int, Bundle] | None = None,
    ) -> Bundle:
        known, rows = known or {}, self._divided(df)
        tasks = [
            Task(self._trainer, model_type, verb, own, params, pack(known[group]))
            if group in known
            else Task(self._trainer, model_type, TRAIN, own, params)
            for group, own in rows.items()
        ]
        parts, short = {}, {}
        for group, made in zip(rows, self.run(tasks), strict=True):
            if made.bundle:
                parts[group] = unpack(made.bundle)
            else:
                short[group] = made.short
                log.warning("group left out", group=group, reason=made.short)
        if not parts:
            why = next(iter(short.values()), "there are no rows")
            raise InsufficientData(f"no group of symbols can be trained: {why}")
        return _together(parts, self.groups, params)

    def _divided(self, df: pd.DataFrame) -> dict[int, pd.DataFrame]:
        """Group -> its rows, of the groups that have any."""
        if "symbol" not in df.columns:
            return {group_of("", self.groups): df}
        symbols = df["symbol"].astype(str)
        groups = symbols.map({each: group_of(each, self.groups) for each in symbols.unique()}).to_numpy()
        return {int(group): df[groups == group] for group in np.unique(groups)}


def _together(parts: Mapping[int, Bundle], groups: int, params: Mapping[str, Any]) -> Bundle:
    """One bundle of the groups'; each keeps its own calibration."""
    some, digests = next(iter(parts.values())), "".join(each.data_digest for each in parts.values())
    return replace(
        some,
        model=GroupedModel(parts, groups),
        rows=sum(each.rows for each in parts.values()),
        training_range=_span(each.training_range for each in parts.values()),
        data_digest=sha256(digests.encode()).hexdigest(),
        params=dict(params),
        shrink=UNSHRUNK,
        settled={},
        tuned={},
        generation=max(each.generation for each in parts.values()),
    )


def _span(ranges: Iterable[tuple[int, int]]) -> tuple[int, int]:
    begins, ends = zip(*ranges, strict=True)
    return min(begins), max(ends)
