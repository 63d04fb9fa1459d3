"""A candidate is compared with the active version only where that one saw nothing when it was trained."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clm.decisions.candidate import evaluation_fields
from clm.decisions.sequential.duel import Duel
from clm.decisions.sequential.duel_rules import DuelRules
from clm.events import moment
from clm.model import ModelArtifact
from clm.policy import SEQUENTIAL, Policy
from clm.steps.comparison import Beside, beside, compared_with, duel, gate, skill
from clm.steps.evidence import HoldOut
from tests.unit.decisions.stream import evaluated
from tests.unit.steps.artifacts import artifact

POLICY = Policy(name=SEQUENTIAL)
RNG = np.random.default_rng(7)


def trained_until(at: int) -> ModelArtifact:
    return replace(artifact("v1"), training_range=(moment(0), moment(at)))


def compared(active: ModelArtifact | None, horizon: int = 1, closes: int = 10) -> Beside:
    """Two symbols at 0, 1, 2 ...; the rows from 5 on are held out."""
    at = np.repeat(np.arange(closes), 2)
    frame = pd.DataFrame({"at": at, "target": 1.0, "naive": 0.0, "scored": at >= 5})
    mine = evaluated(errors=np.zeros(int((at >= 5).sum())))
    rows = HoldOut.of(frame, mine, mine, horizon)
    assert rows is not None
    return beside(rows, frame, active)


@pytest.mark.parametrize(
    ("until", "horizon", "first"),
    [(3, 1, 5), (4, 1, 5), (5, 1, 6), (7, 1, 8), (5, 3, 8), (2, 4, 6)],
)
def test_rows_count_from_a_horizon_after_the_newest_training_row(
    until: int, horizon: int, first: int
) -> None:
    found = compared(trained_until(until), horizon)
    assert found.unseen.tolist() == [each >= first for each in np.repeat(np.arange(5, 10), 2)]


def test_a_version_older_than_the_frame_has_seen_nothing_of_it() -> None:
    assert compared(trained_until(-1), horizon=9).unseen.all()


def test_a_version_that_was_trained_on_everything_leaves_nothing() -> None:
    found = compared(trained_until(9))
    assert not found.unseen.any()
    assert gate(found)["short"].startswith("0 rows since the training of v1")


def test_the_naive_forecast_was_trained_on_nothing() -> None:
    found = compared(None)
    assert (found.unseen.all(), found.against) == (True, "naive")


def test_rows_overlap_by_the_horizon_of_every_symbol() -> None:
    found = compared(None, horizon=12)
    assert (found.symbols, found.overlap) == (2, 24)


def errors(count: int, better: float, seen: int = 0) -> Beside:
    common = RNG.normal(size=count)
    active = common + 0.2 * RNG.normal(size=count)
    mine = (1 - better) * (common + 0.2 * RNG.normal(size=count))
    return Beside(mine, active, 2 * active, np.arange(count) >= seen, "v1", 1, 1)


def test_a_clearly_better_candidate_passes_and_its_skill_has_an_interval() -> None:
    rows = errors(3000, 0.1, seen=1000)
    found, told = gate(rows), skill(rows)
    assert (found["rows"], found["z"] > 1.28, found["improvement"] > 0.05) == (1988, True, True)  # embargo 12
    assert told["rows"] == 2988
    assert 0.4 < told["low"] < 0.55 < told["high"] < 0.65  # 1 - 0.9 / 2


def test_too_few_rows_say_so() -> None:
    assert "lengthen the lookback" in gate(errors(200, 0.1))["short"]
    assert "lengthen the lookback" in skill(errors(200, 0.1))["short"]


def test_the_duel_has_learnt_from_the_unseen_rows_and_holds_no_evidence() -> None:
    rows = errors(3000, 0.1, seen=1000)
    told = duel(rows, POLICY)
    assert (told["against"], told["rows"], told["block"], told["symbols"]) == ("v1", 2000, 12, 1)
    taught = Duel.restored(DuelRules(), told["state"])
    assert (taught.standing.rows, taught.standing.log_better) == (0, 0.0)
    assert told["state"] == Duel(DuelRules(), (rows.active[1000:], rows.candidate[1000:])).state()


def test_without_the_active_version_s_errors_there_is_no_comparison() -> None:
    rows = Beside(np.zeros(9), None, np.ones(9), np.ones(9, dtype=bool), "v1", 1, 1)
    assert (gate(rows), duel(rows, POLICY)) == ({"short": "v1 was not asked on the same rows"}, {})


def test_the_evidence_survives_the_wire() -> None:
    at = np.arange(800)
    frame = pd.DataFrame({"at": at, "target": RNG.normal(size=800), "naive": 0.0})
    mine = evaluated(errors=RNG.normal(size=800))
    rows = HoldOut.of(frame, mine, evaluated(), 1)
    assert rows is not None
    told: dict[str, Any] = compared_with(None, rows, frame, POLICY)
    fields = evaluation_fields(evaluated(evidence=told))
    assert json.loads(json.dumps(fields["evidence"])) == fields["evidence"]
    assert list(told) == ["skill", "gate", "duel"]


def test_the_credit_is_the_evidence_of_the_rows_that_follow_those_which_taught_the_variance() -> None:
    rows = errors(3000, 0.1, seen=1000)
    told = duel(rows, POLICY)
    earned = Duel.restored(DuelRules(), told["credit"]).standing
    assert earned.rows == told["credit_rows"] == 2000 - 96 - 24 * 12  # the first 96 settle the sizes
    assert earned.log_better > 10.0


@pytest.mark.parametrize(("count", "policy"), [(380, POLICY), (3000, replace(POLICY, holdout_credit=False))])
def test_a_short_hold_out_or_a_setting_leaves_no_credit(count: int, policy: Policy) -> None:
    assert "credit" not in duel(errors(count, 0.1), policy)
