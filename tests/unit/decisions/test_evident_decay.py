"""Under ``sequential`` performance has decayed when the detectors say so."""

from __future__ import annotations

import msgpack
import numpy as np
import pytest

from clm.decisions.detectors import evidence_of
from clm.decisions.sequential.baseline import VERSION
from clm.decisions.sequential.decay import Decay, DecayRules
from clm.decisions.sequential.skill_score import SkillScore
from clm.errors import MalformedEvent
from clm.events import HOUR, tick
from tests.unit.decisions.evident import (
    GOOD,
    OUTCOMES,
    ROWS,
    in_blocks,
    judged,
    known,
    lost,
    memory,
    pairs,
    served,
    watching,
)
from tests.unit.decisions.stream import Tape, evaluated, fold_all, told

VALUES, TRUTH = lost(1200)


def alarms_by_hand() -> list[int]:
    """The rows at which the detector alone, gone on from the hold-out, raises an alarm."""
    base = known()
    score = SkillScore.restored(base.sizes)
    decay = Decay.restored(DecayRules(between_alarms=30 * base.rows_per_day, overlap=1), base.state)
    return decay.update_many(score.update_many(VALUES, TRUTH))


def test_the_alarm_of_the_detector_retrains_at_its_row() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    first = alarms_by_hand()[0]
    made = fold_all(fold, pairs(tape, VALUES[: first + 9], TRUTH[: first + 9]))
    assert told(made) == [("retrain", "performance_decay")]
    assert made[0].at == (48 + first) * HOUR + 1


def test_the_receipt_holds_r_its_limit_and_the_state_it_follows_from() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    made, *_ = fold_all(fold, pairs(tape, VALUES, TRUTH))
    seen = made.evidence["observation"]["alarms"]["score"]
    assert made.statistic == seen["statistic"] == evidence_of(seen["state"])
    assert made.limit == pytest.approx(30 * 24 / 12)
    assert made.statistic is not None
    assert made.statistic >= made.limit
    assert (made.policy, made.rule) == ("sequential", "sequential-triggers-2")
    assert made.evidence["thresholds"]["decay_between_alarms_days"] == 30.0


def test_skill_that_lasts_and_an_accuracy_that_is_low_retrain_nothing() -> None:
    fold, tape = watching(decay_between_alarms_days=365.0), Tape()
    served(fold, tape, judged=evaluated(directional_accuracy=0.99, evidence=judged().evidence))
    assert fold_all(fold, pairs(tape, GOOD[ROWS:], OUTCOMES[ROWS:])) == []


def test_naive_and_a_version_without_evidence_are_watched_by_no_detector() -> None:
    fold, tape = watching(), Tape()
    assert fold_all(fold, pairs(tape, VALUES, TRUTH, version="naive")) == []
    served(fold, tape, judged=evaluated())
    assert fold_all(fold, pairs(tape, VALUES, TRUTH)) == []


def test_pairs_of_other_versions_are_not_the_active_one_s() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    assert fold_all(fold, pairs(tape, VALUES, TRUTH, version="v0")) == []


def test_evidence_that_is_odd_is_refused_and_the_run_stays_open() -> None:
    fold, tape = watching(), Tape()
    (retrain,) = fold_all(fold, [tape.retrain("xgboost")])
    odd = evaluated(evidence={"decay": {**known().plain(), "state": [1.0]}})
    with pytest.raises(MalformedEvent, match="train the version again"):
        fold.apply(tape.candidate("v1", run=retrain.id, evaluation=odd))
    assert memory(fold).open_run == retrain.id


def test_evidence_of_another_version_is_no_evidence() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape, judged=evaluated(evidence={"decay": {**known().plain(), "v": VERSION + 1}}))
    assert fold_all(fold, pairs(tape, VALUES, TRUTH)) == []


def test_an_alarm_stands_until_the_cool_down_ends_and_is_recorded_once_before() -> None:
    first = alarms_by_hand()[0]
    fold, tape = watching(cooldown_hours=48 + first + 30), Tape()
    served(fold, tape)
    made = fold_all(fold, pairs(tape, VALUES[: first + 60], TRUTH[: first + 60]))
    assert told(made) == [("suppressed", "performance_decay"), ("retrain", "performance_decay")]
    assert [each.at // HOUR for each in made] == [48 + first, 48 + first + 30]
    assert memory(fold).alarms == {}


def test_decay_waits_for_a_training_but_not_for_a_trial() -> None:
    first = alarms_by_hand()[0]
    fold, tape = watching(cooldown_hours=0.0), Tape()
    served(fold, tape)
    (asked,) = fold_all(fold, [tape.retrain("xgboost")])
    events = pairs(tape, VALUES[: first + 5], TRUTH[: first + 5])
    made = fold_all(fold, events[: 2 * first + 4])
    assert told(made) == [("suppressed", "performance_decay")]
    fold.apply(tape.candidate("v2", run=asked.id, evaluation=judged()))
    made = fold_all(fold, events[2 * first + 4 :])
    assert told(made)[0] == ("retrain", "performance_decay")
    assert made[0].at == (48 + first + 2) * HOUR + 1  # at the next row
    fold_all(fold, [tape.verdict("v2")])
    assert memory(fold).open_run == made[0].id


def test_other_triggers_wait_for_a_trial() -> None:
    fold, tape = watching(cooldown_hours=0.0, data_threshold_points=3), Tape()
    served(fold, tape)
    (asked,) = fold_all(fold, [tape.retrain("xgboost")])
    fold.apply(tape.candidate("v2", run=asked.id, evaluation=judged()))
    assert told(fold_all(fold, pairs(tape, GOOD[:9], OUTCOMES[:9]))) == [("suppressed", "data_volume")]


def test_a_move_takes_the_alarm_back_and_begins_with_the_next_version_s_hold_out() -> None:
    first = alarms_by_hand()[0]
    fold, tape = watching(cooldown_hours=10**6), Tape()
    served(fold, tape)
    fold_all(fold, pairs(tape, VALUES[: first + 1], TRUTH[: first + 1]))
    assert set(memory(fold).alarms) == {"score"}
    fold.apply(tape.moved("naive", epoch=2))
    fold.apply(tape.moved("v1", epoch=3))
    assert memory(fold).alarms == {}
    again = fold_all(fold, pairs(tape, VALUES[:first], TRUTH[:first], start=900 * HOUR))
    assert (again, memory(fold).alarms) == ([], {})
    fold_all(fold, pairs(tape, VALUES[first : first + 1], TRUTH[first : first + 1], start=2000 * HOUR))
    assert set(memory(fold).alarms) == {"score"}


def test_skill_decay_is_a_detector_of_whole_days() -> None:
    fold, tape = watching(decay_detectors=("skill",)), Tape()
    served(fold, tape)
    made = fold_all(fold, pairs(tape, 3 * VALUES[:80], TRUTH[:80]))
    assert told(made) == [("retrain", "performance_decay")]
    assert made[0].at // HOUR == 48 + 72  # three days, of 72 > 50 rows
    losses = made[0].evidence["observation"]["alarms"]["skill"]["losses"]
    assert losses == pytest.approx([np.abs(3 * VALUES - TRUTH)[:72].sum(), np.abs(TRUTH)[:72].sum()])
    assert made[0].statistic == losses[0] / losses[1]
    assert made[0].limit == pytest.approx(1.03 * (known().ratio or 0.0))


def test_of_two_detectors_both_may_be_asked_for() -> None:
    fold, tape = watching(decay_detectors=("score", "skill"), decay_needs=2), Tape()
    served(fold, tape)
    made = fold_all(fold, pairs(tape, 3 * VALUES, TRUTH))
    assert told(made)[0] == ("retrain", "performance_decay")
    seen = made[0].evidence["observation"]["alarms"]
    assert seen["score"]["at"] < seen["skill"]["at"] == made[0].at


@pytest.mark.parametrize("sizes", [(1,), (2, 3, 5), (1000,), (7, 400)])
def test_an_alarm_comes_at_the_same_row_however_rows_are_batched(sizes: tuple[int, ...]) -> None:
    fold, single, tape = (*(watching(decay_detectors=("score", "skill")) for _ in range(2)), Tape())
    for each in (fold, single):
        served(each, Tape("ops"))
    events = pairs(tape, VALUES, TRUTH)
    made = [each.canonical() for each in in_blocks(fold, events, sizes)]
    assert made == [each.canonical() for each in fold_all(single, events)]
    assert made
    assert msgpack.packb(fold.state()) == msgpack.packb(single.state())


def test_a_fold_restored_at_any_row_decides_alike() -> None:
    unbroken, tape = watching(cooldown_hours=400.0, decay_detectors=("score", "skill")), Tape()
    served(unbroken, Tape("ops"))
    saved = msgpack.packb(unbroken.state())
    events = [*pairs(tape, VALUES[:450], TRUTH[:450]), tick(2000 * HOUR)]
    expected = [each.canonical() for each in fold_all(unbroken, events)]
    made = []
    for event in events:
        fold = watching(cooldown_hours=400.0, decay_detectors=("score", "skill"))
        fold.restore(msgpack.unpackb(saved, strict_map_key=False))
        made += [each.canonical() for each in fold.apply(event)]
        saved = msgpack.packb(fold.state())
    assert (made, saved) == (expected, msgpack.packb(unbroken.state()))
    assert len(made) >= 2
