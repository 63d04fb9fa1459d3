"""What is printed says what the facts say, losses of the loop included."""

from __future__ import annotations

import io
import math
from typing import Any

from clm.events import DAY
from clm.scope import Scope
from worker import screen
from worker.settings import load

NAN = math.nan


def facts(**changes: Any) -> dict[str, Any]:
    """LightGBM: the loop's loss is half of never's and a quarter more than the yearly schedule's."""
    runs = [{"model_type": "lightgbm", "phase": phase} for phase in ("candidate", "candidate", "failed")]
    whole: dict[str, Any] = {
        "target": "log_range",
        "horizon": 1,
        "triggers": [
            {"trigger": "time", "at": 0}, {"trigger": "performance_decay", "at": DAY},
            {"trigger": "time", "at": 2 * DAY},
        ],
        "trainings": runs,
        "promotions": [{}],
        "rejections": [{}],
        "loss": {"lightgbm": {"naive": 0.4, "every_365d": 0.2, "never": 0.5, "loop": 0.25}},
        "cpu_seconds": {"lightgbm": {"loop": 3.14, "never": 1.0}},
        "schedule_trainings": {"lightgbm": {"never": 1, "every_365d": 12}},
    }  # fmt: skip
    return {**whole, **changes}


def test_the_table_has_a_line_per_policy_the_loop_first_and_naive_last() -> None:
    lines = [line.split() for line in screen.table(facts()).splitlines()[2:]]
    assert lines == [
        ["lightgbm", "loop", "0.25000", "0.625", "3", "3.1"],
        ["lightgbm", "never", "0.50000", "1.250", "1", "1.0"],
        ["lightgbm", "every_365d", "0.20000", "0.500", "12", "-"],
        ["lightgbm", "naive", "0.40000", "1.000", "-", "-"],
    ]


def test_the_columns_stand_below_each_other() -> None:
    widths = {len(line) for line in screen.table(facts()).splitlines()[1:]}
    assert len(widths) == 1


def test_the_table_says_what_is_measured_and_how_far_ahead() -> None:
    first = screen.table(facts(horizon=5)).splitlines()[0]
    assert first.startswith("Mean absolute error of log_range, 5 bar(s) ahead")


def test_without_a_naive_loss_there_is_no_ratio() -> None:
    table = screen.table(facts(loss={"lightgbm": {"loop": NAN, "naive": NAN}}))
    assert [line.split()[3] for line in table.splitlines()[2:]] == ["-", "-"]


def test_the_verdict_says_what_the_loop_bought_and_what_it_did_not() -> None:
    first, last = screen.verdict(facts()).splitlines()
    assert first == (
        "lightgbm: against never retraining the loop lost 50.0% less; against every_365d it lost 25.0% more."
    )
    assert last.startswith("The loop does not claim to beat a well chosen schedule")


def test_what_has_no_loss_or_a_loss_of_nothing_cannot_be_compared() -> None:
    for never in (NAN, 0.0):
        told = screen.verdict(facts(loss={"lightgbm": {"loop": 0.1, "never": never, "naive": 0.4}}))
        assert "the loop cannot be compared." in told


def test_a_model_type_without_schedules_has_no_verdict() -> None:
    assert "nhits" not in screen.verdict(facts(loss={"nhits": {"loop": 0.1, "naive": 0.4}}))


def test_the_report_of_all_cycles_counts_what_happened() -> None:
    assert screen.totals(facts(), seconds=12.34).splitlines() == [
        "CLM Report [1970-01-03 00:00]",
        "Trigger: time 2, performance_decay 1",
        "Trained: 3 models",
        "Promoted: 1 models",
        "Rejected: 1 models",
        "Undecided: 0 models",
        "Failed: 1 models",
        "Duration: 12.3s",
    ]


def test_a_replay_is_complete_with_a_decay_a_promotion_and_a_rejection() -> None:
    assert screen.complete(facts())
    assert not screen.complete(facts(triggers=[{"trigger": "time", "at": 0}]))
    assert not screen.complete(facts(promotions=[]))
    assert not screen.complete(facts(rejections=[]))


def test_the_settings_in_force_are_printed_a_line_each() -> None:
    out = io.StringIO()
    screen.settings(load(training_lookback_days=30), Scope(name="us", bar_seconds=60), out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "scope us: log_range, horizon 1, bars of 60 s"
    assert "  training_lookback_days: 30.0" in lines
