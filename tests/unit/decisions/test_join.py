"""An outcome meets the one prediction it names, once; anything else is refused by name."""

from __future__ import annotations

import msgpack
import pytest

from clm.decisions import flow as module
from clm.decisions.flow import Flow
from clm.decisions.join import Pair
from clm.errors import MalformedEvent
from clm.events import Outcome, Prediction
from clm.scope import Scope
from tests.unit.decisions.stream import Tape


def seeing() -> Flow:
    """A flow that shows every event."""
    return Flow(Scope(), lambda _: (-1, 0, True))


def meet(flow: Flow, *events: Prediction | Outcome) -> list[Pair]:
    """The pairs that some events bring."""
    return [stop.matured for event in events for stop in flow.one(event) if stop.matured]


def test_an_outcome_meets_its_prediction() -> None:
    flow, tape = seeing(), Tape()
    first, second = tape.predict(10, 1.0), tape.predict(10, 2.0, symbol="B")
    assert meet(flow, first, second, tape.outcome(second, 20, 2.5)) == [Pair(second, 2.5, 20)]
    join = flow.join
    assert (join.predictions, join.joined, join.expired, join.waiting) == (2, 1, 0, 1)


def test_an_outcome_of_an_unknown_prediction_is_refused_by_name() -> None:
    tape = Tape()
    stray = tape.outcome(tape.predict(10), 20, 1.0)
    with pytest.raises(MalformedEvent, match="outcome t-1 is of prediction t-0, which is unknown"):
        meet(seeing(), stray)


def test_a_second_outcome_of_a_prediction_is_refused() -> None:
    flow, tape = seeing(), Tape()
    made = tape.predict(10)
    meet(flow, made, tape.outcome(made, 20, 1.0))
    with pytest.raises(MalformedEvent, match="has its outcome already"):
        meet(flow, tape.outcome(made, 21, 1.0))
    assert flow.join.joined == 1


def test_an_outcome_earlier_than_its_prediction_is_refused_and_the_prediction_waits_on() -> None:
    flow, tape = seeing(), Tape()
    made = tape.predict(10)
    meet(flow, made)
    with pytest.raises(MalformedEvent, match="t-1 at 9 is earlier than its prediction t-0"):
        meet(flow, tape.outcome(made, 9, 1.0))
    assert meet(flow, tape.outcome(made, 10, 1.0))[0].matured_at == 10


def test_beyond_the_limit_the_oldest_prediction_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PENDING", 2)
    flow, tape = seeing(), Tape()
    made = [tape.predict(at) for at in (1, 2, 3)]
    meet(flow, *made)
    assert (flow.join.expired, flow.join.waiting) == (1, 2)
    with pytest.raises(MalformedEvent, match="t-0"):
        meet(flow, tape.outcome(made[0], 9, 1.0))
    assert meet(flow, tape.outcome(made[1], 9, 1.0))[0].prediction == made[1]


def test_thousands_wait_and_are_met_in_any_order() -> None:
    flow, tapes = seeing(), [Tape("a"), Tape("b")]
    made = [tapes[i % 2].predict(i, float(i)) for i in range(5000)]
    meet(flow, *made)
    backwards = [Tape("c").outcome(each, 9999, 0.0) for each in made[::-7]]
    told = [Outcome(p="c", n=n, at=each.at, of=each.of, value=0.0) for n, each in enumerate(backwards)]
    assert [pair.prediction for pair in meet(flow, *told)] == made[::-7]
    assert flow.join.waiting == 5000 - len(told)


def test_a_restored_join_still_waits_for_the_same_predictions() -> None:
    flow, again, tape = seeing(), seeing(), Tape()
    made = tape.predict(10, 1.5, 0.25, horizon=3)
    meet(flow, made)
    again.restore(msgpack.unpackb(msgpack.packb(flow.state())))
    assert again.state() == flow.state()
    assert meet(again, tape.outcome(made, 20, 2.0)) == [Pair(made, 2.0, 20)]
