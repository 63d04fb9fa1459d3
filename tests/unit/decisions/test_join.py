"""An outcome meets the one prediction it names, once; anything else is refused by name."""

from __future__ import annotations

import msgpack
import pytest

from clm.decisions import join as module
from clm.decisions.join import Join, Pair
from clm.errors import MalformedEvent
from tests.unit.decisions.stream import Tape


def test_an_outcome_meets_its_prediction() -> None:
    join, tape = Join(), Tape()
    first, second = tape.predict(10, 1.0), tape.predict(10, 2.0, symbol="B")
    join.expect(first)
    join.expect(second)
    assert join.meet(tape.outcome(second, 20, 2.5)) == Pair(second, 2.5, 20)
    assert (join.predictions, join.joined, join.expired) == (2, 1, 0)


def test_an_outcome_of_an_unknown_prediction_is_refused_by_name() -> None:
    tape = Tape()
    stray = tape.outcome(tape.predict(10), 20, 1.0)
    with pytest.raises(MalformedEvent, match="outcome t-1 is of prediction t-0, which is unknown"):
        Join().meet(stray)


def test_a_second_outcome_of_a_prediction_is_refused() -> None:
    join, tape = Join(), Tape()
    made = tape.predict(10)
    join.expect(made)
    join.meet(tape.outcome(made, 20, 1.0))
    with pytest.raises(MalformedEvent, match="has its outcome already"):
        join.meet(tape.outcome(made, 21, 1.0))
    assert join.joined == 1


def test_an_outcome_earlier_than_its_prediction_is_refused_and_the_prediction_waits_on() -> None:
    join, tape = Join(), Tape()
    made = tape.predict(10)
    join.expect(made)
    with pytest.raises(MalformedEvent, match="t-1 at 9 is earlier than its prediction t-0 at 10"):
        join.meet(tape.outcome(made, 9, 1.0))
    assert join.meet(tape.outcome(made, 10, 1.0)).matured_at == 10


def test_beyond_the_limit_the_oldest_prediction_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PENDING", 2)
    join, tape = Join(), Tape()
    made = [tape.predict(at) for at in (1, 2, 3)]
    for each in made:
        join.expect(each)
    assert join.expired == 1
    with pytest.raises(MalformedEvent, match="t-0"):
        join.meet(tape.outcome(made[0], 9, 1.0))
    assert join.meet(tape.outcome(made[1], 9, 1.0)).prediction == made[1]


def test_a_restored_join_still_waits_for_the_same_predictions() -> None:
    join, again, tape = Join(), Join(), Tape()
    made = tape.predict(10, 1.5, 0.25, horizon=3)
    join.expect(made)
    again.restore(msgpack.unpackb(msgpack.packb(join.state())))
    assert again.state() == join.state()
    assert again.meet(tape.outcome(made, 20, 2.0)) == Pair(made, 2.0, 20)
