"""Good in shadow, then its market turns: real bars, real processes, and nobody lifts a hand."""

from __future__ import annotations

import pytest

from clm.data.sample import sample_bars
from clm.decisions.evidence_trial import BETTER
from clm.decisions.ruling import PROMOTE, ROLLBACK
from clm.records import AUTOMATION, PROMOTED, REGISTRY, ROLLED_BACK, Decision, log_sha256
from tests.rollback.ordeal import AWAY, Account, lived
from tests.rollback.turned import Turned, turned

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Turned:
    bars = sample_bars()
    whole = bars[bars["symbol"] != "GOOG"]  # which came four years later
    return turned(whole, 4, tmp_path_factory.mktemp("rehearsal"))


@pytest.fixture(scope="module", params=["lives", "killed"])
def account(
    request: pytest.FixtureRequest, market: Turned, tmp_path_factory: pytest.TempPathFactory
) -> Account:
    killed_at = market.lost if request.param == "killed" else None
    return lived(market, tmp_path_factory.mktemp(request.param), killed_at)


def moves(account: Account) -> list[Decision]:
    return [each for each in account.decisions if each.role == REGISTRY]


def test_the_winner_of_a_shadow_is_rolled_back_and_nobody_lifts_a_hand(account: Account) -> None:
    first, won, back = moves(account)
    by_id = {each.id: each for each in account.decisions}
    assert [each.kind for each in (first, won, back)] == [PROMOTED, PROMOTED, ROLLED_BACK]
    verdict, rollback = by_id[won.cause], by_id[back.cause]
    assert (verdict.kind, verdict.evidence["shadow"]["decided_by"]) == (PROMOTE, BETTER)
    assert (rollback.kind, rollback.version, rollback.cause) == (ROLLBACK, won.version, verdict.id)
    assert account.actors == {AUTOMATION}
    assert (back.version, account.rolled_back) == (first.version, True)


def test_the_trader_goes_on_with_the_version_before_from_the_next_bar_on(account: Account) -> None:
    first, won, _ = moves(account)
    away = AWAY if account.killed else 0
    until = account.market.lost + away  # the last bar before anybody could tell the trader
    bars = range(account.market.won + 1, max(account.served) + 1)
    expected = {bar: {won.version} if bar <= until else {first.version} for bar in bars}
    assert {bar: account.served[bar] for bar in bars} == expected
    assert len(bars) > until - account.market.won
    assert account.behind == []  # nor did any bar begin with another version than was active


def test_no_prediction_and_no_outcome_is_lost_and_the_log_is_whole(account: Account) -> None:
    assert (account.predictions, account.joined) == (len(account.told), account.outcomes)
    assert (account.lost, account.faults) == (0, [])
    assert account.outcomes > 1000


def test_processes_decide_what_the_rehearsal_decided(account: Account) -> None:
    if not account.killed:
        assert log_sha256(account.market.decided) == log_sha256(account.decisions)
