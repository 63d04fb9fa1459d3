"""However unkind a stream is, folding it in blocks of any size leaves what folding it row by row does."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain

import msgpack
import numpy as np
import pytest

from clm.decisions.block import Block, rows_of
from clm.decisions.watch import WatcherFold
from clm.events import Outcome, Prediction
from clm.model import ModelType
from clm.policy import SEED, SEQUENTIAL, Policy
from clm.scope import Scope
from tests.unit.decisions.stream import Tape

MODELS = (ModelType.XGBOOST, ModelType.NHITS)
POLICIES = [
    Policy(name=name, models=MODELS, data_threshold_points=150, decay_window_pairs=20, cooldown_hours=0)
    for name in (SEED, SEQUENTIAL)
]
Told = list[Prediction | Outcome]


def bars(chance: random.Random) -> Iterator[Told]:
    """Bars of two producers, their outcomes in turn or shuffled, some again, some lost, some impossible."""
    tapes, waiting = [Tape("a"), Tape("b")], Told()
    for at in range(0, 900, 10):
        tape = chance.choice(tapes)
        made = [
            tape.predict(
                at - chance.choice([0, 0, 30]), chance.gauss(0, 1), symbol=symbol, model_type=model.value
            )
            for symbol in "ABCDE"
            for model in MODELS
        ]
        due = chance.sample(waiting, len(waiting)) if chance.random() < 0.3 else waiting
        values = (chance.choice([1.0, -1.0, 1e300 if chance.random() < 0.05 else 0.5]) for _ in due)
        told = [tape.outcome(of, at, value) for of, value in zip(due, values, strict=True)]  # type: ignore[arg-type]
        again = chance.sample(told, min(2, len(told)))
        lost = set() if chance.random() < 0.5 else {chance.randrange(40)}
        yield [each for k, each in enumerate(chain(made, told, again)) if k not in lost]
        waiting = [*made]


def folded(rows: Told, policy: Policy, size: int) -> tuple[list[bytes], bytes, list[str]]:
    """Decisions, final state and refusals, from blocks of so many rows."""
    fold, decided, refused = WatcherFold(Scope(), policy), list[bytes](), list[str]()
    for start in range(0, len(rows), size):
        block = Block(rows_of(rows[start : start + size], fold.names), np.array([0]))
        decided += [each.canonical() for each in fold.fold(block)]
        refused += [text for entry in block.refused.values() for _, text in entry]
    return decided, msgpack.packb(fold.state()), refused


@pytest.mark.parametrize("policy", POLICIES, ids=[SEED, SEQUENTIAL])
@pytest.mark.parametrize("seed", range(5))
def test_blocks_of_any_size_leave_what_single_rows_do(seed: int, policy: Policy) -> None:
    rows = list(chain.from_iterable(bars(random.Random(seed))))
    expected = folded(rows, policy, 1)
    assert expected[2]
    assert [folded(rows, policy, size) for size in (3, 16, 57, len(rows))] == [expected] * 4
