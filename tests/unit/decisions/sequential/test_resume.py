"""Whatever the batches, and saved at any row: the same bits."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from clm.decisions.sequential.decay import Decay, DecayRules
from clm.decisions.sequential.duel import Duel
from clm.decisions.sequential.duel_rules import DuelRules
from clm.decisions.sequential.long_run import LongRunVariance
from clm.decisions.sequential.skill_score import SkillScore

RNG = np.random.default_rng(1)
ROWS = RNG.standard_t(4.0, (2, 1200))
ROWS[1] = 0.9 * ROWS[0] + 0.2 * ROWS[1]
SPLITS = ([1200], [1] * 1200, [7, 500, 13, 680], [599, 601])
DECAY = DecayRules(between_alarms=500.0)

Fold = tuple[Any, Callable[[Any, Any], Any], Callable[[Any], Any]]
FOLDS: dict[str, Callable[[], Fold]] = {
    "long run": lambda: (LongRunVariance(), lambda f, x: f.update_many(x[0]), LongRunVariance.restored),
    "duel": lambda: (
        Duel(DuelRules(level=1e-9, futility=1e-9)),
        lambda f, x: f.update_many(*x),
        lambda s: Duel.restored(DuelRules(level=1e-9, futility=1e-9), s),
    ),
    "decay": lambda: (
        Decay(DECAY, 0.3 + ROWS[0]),
        lambda f, x: f.update_many(x[1]),
        lambda s: Decay.restored(DECAY, s),
    ),
    "score": lambda: (SkillScore(), lambda f, x: f.update_many(*x), SkillScore.restored),
}


@pytest.mark.parametrize("name", FOLDS)
@pytest.mark.parametrize("sizes", SPLITS, ids=["whole", "single", "odd", "halves"])
def test_batches_and_restarts_leave_the_same_bits(name: str, sizes: list[int]) -> None:
    whole, feed, _ = FOLDS[name]()
    feed(whole, ROWS)
    part, feed, restored = FOLDS[name]()
    start = 0
    for size in sizes:
        feed(part, ROWS[:, start : start + size])
        part, start = restored(json.loads(json.dumps(part.state()))), start + size
    assert part.state() == whole.state()


def test_a_single_update_is_a_batch_of_one() -> None:
    scalar, batch = (Duel(DuelRules(level=1e-9, futility=1e-9)) for _ in range(2))
    for a, b in ROWS.T.tolist():
        scalar.update(a, b)
    batch.update_many(*ROWS)
    assert scalar.state() == batch.state()


def test_alarms_come_at_the_same_rows_one_by_one() -> None:
    one, many = (Decay(DECAY, 0.3 + ROWS[0]) for _ in range(2))
    rows = [row for row, score in enumerate(ROWS[1].tolist()) if one.update(score)]
    assert rows == many.update_many(ROWS[1])
    assert rows
