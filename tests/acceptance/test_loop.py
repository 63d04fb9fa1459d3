"""The loop, end to end: from nothing to models that are trained, judged, swapped in and replaced."""

from __future__ import annotations

from itertools import pairwise

import pytest

from clm.events import Prediction
from clm.model import NAIVE
from clm.records import Decision
from clm.steps.cycles import cycle_state
from tests.acceptance.conftest import Finished
from worker import bootstrap
from worker.operations import ALL

MODELS = {"xgboost", "lightgbm"}


@pytest.fixture(scope="module")
def logged(finished: Finished) -> dict[str, Decision]:
    """The decision log by id."""
    return {each.id: each for each in finished.player.decisions()}


def served(finished: Finished, model_type: str) -> list[str]:
    """The versions that the trader's predictions name, in the order they first came."""
    events = bootstrap.recorded(finished.player.stage, finished.site.settings.policy())
    told = (e for e in events if isinstance(e, Prediction) and e.model_type == model_type)
    return list(dict.fromkeys(each.version for each in told))


def test_the_first_model_of_each_type_is_promoted_as_bootstrap(logged: dict[str, Decision]) -> None:
    first = {d.model_type: d for d in reversed(logged.values()) if d.kind == "promote"}
    assert {name: verdict.reason for name, verdict in first.items()} == dict.fromkeys(MODELS, "bootstrap")


def test_a_shadow_promotes_a_better_candidate_and_refuses_a_worse_one(
    logged: dict[str, Decision],
) -> None:
    verdicts = [d for d in logged.values() if d.role == "shadow" and d.evidence["shadow"]]
    assert {each.kind for each in verdicts} == {"promote", "reject"}
    for each in verdicts:
        better = each.evidence["shadow"]["candidate_mae"] < each.evidence["shadow"]["active_mae"]
        assert better or each.kind == "reject"


def test_retrains_are_triggered_by_age_and_by_decay(logged: dict[str, Decision]) -> None:
    found = {each.trigger for each in logged.values() if each.kind == "retrain"}
    assert {"time", "performance_decay"} <= found


def test_the_trader_swaps_while_it_trades(finished: Finished, logged: dict[str, Decision]) -> None:
    for name in MODELS:
        moves = [d.version for d in logged.values() if d.role == "registry" and d.model_type == name]
        assert len(moves) >= 2
        assert served(finished, name) == [NAIVE, *moves]


def test_every_outcome_that_matured_is_joined(finished: Finished) -> None:
    matured = len(finished.player.trader.ledger)
    facts = bootstrap.facts(finished.player.stage, finished.site.settings.policy())
    assert matured > 900
    assert (facts["joined"], facts["quarantined"]) == (matured, 0)


def test_each_move_follows_from_a_verdict_a_run_and_a_decision(
    finished: Finished, logged: dict[str, Decision]
) -> None:
    runs = {each.run: each for each in finished.player.stage.runs.list(ALL)}
    for move in (d for d in logged.values() if d.role == "registry"):
        verdict = logged[move.cause]
        run, order = runs[verdict.cause], logged[verdict.cause]
        assert (verdict.kind, run.phase, order.kind) == ("promote", "candidate", "retrain")
        assert move.version == verdict.version == run.version
        assert run.as_of == order.at <= verdict.at == move.at


def test_every_run_ended_and_its_cycle_says_how(finished: Finished, logged: dict[str, Decision]) -> None:
    runs = finished.player.stage.runs.list(ALL)
    orders = [d for d in logged.values() if d.kind == "retrain"]
    assert {each.run for each in runs} == {each.id for each in orders}
    states = [cycle_state(d.id, list(logged.values()), runs).state for d in orders]
    assert states.count("ended") >= len(orders) - len(MODELS)  # the last two may be in the shadow


def test_the_verdicts_of_a_model_type_come_in_the_order_of_its_runs(
    logged: dict[str, Decision],
) -> None:
    for name in MODELS:
        causes = [d.cause for d in logged.values() if d.role == "shadow" and d.model_type == name]
        numbers = [logged[cause].n for cause in causes]
        assert all(one <= next_one for one, next_one in pairwise(numbers))
