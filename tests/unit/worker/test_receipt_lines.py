"""A receipt for a person: what was seen in words and moments, and whether the ruling follows."""

from __future__ import annotations

import pytest

from clm.decisions.receipts import receipt
from clm.events import DAY
from clm.policy import Policy
from clm.records import Decision
from tests.unit.decisions.evident import lost, pairs, served, watching
from tests.unit.decisions.stream import Tape, fold_all
from tests.unit.decisions.test_receipts import forged
from worker.receipt_lines import receipt_facts, receipt_lines

VALUES, TRUTH = lost(400)


@pytest.fixture(scope="module")
def decayed() -> Decision:
    fold, tape = watching(), Tape()
    served(fold, tape)
    fold.apply(tape.regime(DAY, "calm"))
    return fold_all(fold, pairs(tape, VALUES, TRUTH))[0]


def told(decision: Decision) -> list[str]:
    return [each.strip() for each in receipt_lines(receipt(decision, Policy()))]


def test_the_ruling_its_figures_and_its_rule_come_first(decayed: Decision) -> None:
    first, rule, figures, counts, *_ = told(decayed)
    assert "watcher-2" in first
    assert "[performance_decay] v1 has lost skill" in first
    assert rule == "by rule sequential-triggers-2 of policy sequential, for clm, because of nobody"
    assert figures == f"statistic {decayed.statistic:.6g}, limit 60"
    assert counts == "counts pairs 4, new_points 96"


def test_what_was_seen_is_told_with_moments_as_moments(decayed: Decision) -> None:
    lines = told(decayed)
    assert "regimes: calm from 1970-01-02 00:00:00" in lines
    assert any(each.startswith("observation.alarms.score.at: 1970-01-") for each in lines)
    assert any(each.endswith(", and 45 more") for each in lines)  # of the detector's 53 sums
    assert "thresholds.decay_between_alarms_days: 30" in lines


def test_the_last_lines_say_whether_it_follows(decayed: Decision) -> None:
    assert told(decayed)[-2:] == [
        "computed again: the triggers, by the thresholds on record", "it follows from what was seen",
    ]  # fmt: skip
    assert told(forged(decayed, limit=1.0))[-1] == "DIFFERS: limit is 1.0, but the evidence gives 60.0"


def test_the_facts_hold_the_record_and_the_faults(decayed: Decision) -> None:
    facts = receipt_facts(receipt(forged(decayed, limit=1.0), Policy()))
    assert (facts["decision"]["limit"], facts["follows"]) == (1.0, False)
    assert facts["faults"] == ["limit is 1.0, but the evidence gives 60.0"]
