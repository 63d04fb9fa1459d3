"""Under ``sequential`` a regime that has settled retrains, unless it was trained in lately."""

from __future__ import annotations

from clm.events import DAY, HOUR, Event, tick
from tests.unit.decisions.evident import lost as noise
from tests.unit.decisions.evident import memory, pairs, served, watching
from tests.unit.decisions.stream import Tape, fold_all, told

SETTLED = 77  # bars until a lasting label is confirmed


def bars(tape: Tape, *stretches: tuple[str, int], start: int = 48) -> list[Event]:
    """A label each hour, so many hours of each."""
    labels = [label for label, count in stretches for _ in range(count)]
    return [tape.regime((start + hour) * HOUR, label) for hour, label in enumerate(labels)]


def test_a_regime_retrains_when_it_has_settled() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    made = fold_all(fold, bars(tape, ("calm", 100), ("wild", 100)))
    assert told(made) == [("retrain", "regime_shift")]
    assert made[0].at // HOUR == 48 + 100 + SETTLED - 1
    assert made[0].evidence["observation"]["shares"]["wild"] > 0.6


def test_a_label_that_holds_counts_on_ticks_too() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    fold_all(fold, [tape.regime(48 * HOUR, "calm"), tape.regime(148 * HOUR, "wild")])
    hours = range(148, 248)
    made = fold_all(fold, [each for hour in hours for each in (tape.predict(hour * HOUR), tick(hour * HOUR))])
    assert told(made) == [("retrain", "regime_shift")]
    assert made[0].at // HOUR == 148 + SETTLED - 1


def test_noise_on_the_labels_retrains_nothing() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    flapping = [("calm", 7), ("wild", 3)] * 200
    assert fold_all(fold, bars(tape, ("calm", 100), *flapping)) == []


def test_a_regime_that_was_trained_in_lately_is_held_back_and_recorded_once() -> None:
    fold, tape = watching(regime_memory_days=60.0), Tape()
    served(fold, tape)
    shift = fold_all(fold, bars(tape, ("calm", 100), ("wild", 200)))
    fold_all(fold, [tape.failed(shift[0].id)])
    back = fold_all(fold, bars(tape, ("calm", 250), start=348))  # trained in as often as it was seen: never
    fold_all(fold, [tape.failed(back[0].id)])
    again = fold_all(fold, bars(tape, ("wild", 250), start=598))
    assert [told(each) for each in (shift, back, again)] == [
        [("retrain", "regime_shift")], [("retrain", "regime_shift")], [("suppressed", "regime_shift")],
    ]  # fmt: skip
    assert again[0].reason == "regime wild was trained in on 1970-01-10 08:00, within 60 days"


def test_what_was_held_back_retrains_when_its_memory_ends_at_the_row_where_it_ends() -> None:
    fold, tape = watching(regime_memory_days=20.0), Tape()
    served(fold, tape)
    made = fold_all(fold, bars(tape, ("calm", 100), ("wild", 150)))
    fold_all(fold, [tape.failed(made[0].id)])
    made += fold_all(fold, bars(tape, ("calm", 150), start=298))
    fold_all(fold, [tape.failed(made[1].id)])
    fold_all(fold, bars(tape, ("wild", 150), start=448))
    ends = made[0].at + 20 * DAY
    value, truth = noise(2)
    assert fold_all(fold, pairs(tape, value[:1], truth[:1], start=ends - 1)) == []  # matures at its end
    last = fold_all(fold, pairs(tape, value[1:], truth[1:], start=ends))
    assert told(last) == [("retrain", "regime_shift")]
    assert last[0].at == ends + 1


def test_a_year_of_regimes_that_come_and_go_brings_a_retrain_a_month_of_each() -> None:
    fold, tape = watching(regime_memory_days=30.0, cooldown_hours=0.0), Tape()
    served(fold, tape)
    made = []
    for event in bars(tape, *[("calm", 110), ("wild", 110)] * 40):
        for each in fold.apply(event):
            made.append(each)
            if each.kind == "retrain":
                fold.apply(tape.failed(each.id))
    kinds = [each.kind for each in made]
    assert 12 <= kinds.count("retrain") <= 2 * 8800 / 720
    assert kinds.count("suppressed") <= kinds.count("retrain")


def test_the_regime_of_a_training_is_the_settled_one() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    fold_all(fold, bars(tape, ("calm", 100), ("wild", 20)))
    (made,) = fold_all(fold, [tape.retrain("xgboost")])
    assert made.evidence["regimes"] == [[48 * HOUR, "calm"]]
    assert memory(fold).trained_in.keys() == {"calm"}
