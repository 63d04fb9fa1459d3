"""A route is changed from the command line: stages, pins, freezes, approvals, and who may do it."""

from __future__ import annotations

import json

import pytest

from clm.store.keys import Keys
from tests.unit.worker.test_operations import facts
from tests.unit.worker.test_operations import keys as keys  # noqa: PLC0414 - a fixture
from tests.unit.worker.test_operations import space as space  # noqa: PLC0414 - a fixture
from worker.cli import main

pytestmark = pytest.mark.server


def said(capsys: pytest.CaptureFixture[str], keys: Keys, *words: str, code: int = 0) -> str:
    assert main([*words, "--scope", keys.scope]) == code
    told = capsys.readouterr()
    return (told.err if code else told.out).strip()


def test_a_version_goes_through_its_stages(keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    facts(capsys, keys, "promote", "xgboost", "A")
    assert said(capsys, keys, "canary", "xgboost", "B", "10%") == (
        "xgboost: canary B on 10% of the keys (registry-2)"
    )
    assert "canary B on 10% of the keys" in said(capsys, keys, "status")
    assert facts(capsys, keys, "canary", "xgboost", "challenger", "0.5")["evidence"]["share"] == 0.5
    assert facts(capsys, keys, "promote", "xgboost", "challenger")["version"] == "B"


def test_an_abort_takes_the_canary_off_and_locks_it_out(
    keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    facts(capsys, keys, "canary", "xgboost", "B", "50%")
    facts(capsys, keys, "abort", "xgboost", "--reason", "it loses money")
    told = facts(capsys, keys, "status")["xgboost"]
    assert (told["canary"], told["share"], told["locked_out"]) == (None, 0.0, ["B"])
    facts(capsys, keys, "unlock", "xgboost", "B")
    assert facts(capsys, keys, "status")["xgboost"]["locked_out"] == []


def test_a_pin_holds_until_it_is_taken_out(keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    facts(capsys, keys, "pin", "xgboost")
    assert "unpin it before promoted" in said(capsys, keys, "promote", "xgboost", "A", code=1)
    facts(capsys, keys, "unpin", "xgboost")
    facts(capsys, keys, "promote", "xgboost", "A")


def test_a_freeze_without_names_is_the_whole_scopes_and_twice_is_once(
    keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    facts(capsys, keys, "freeze", "nhits")
    assert len(facts(capsys, keys, "freeze")) == 3
    assert said(capsys, keys, "freeze") == "nothing to freeze: it is so already"
    assert len(facts(capsys, keys, "resume", "nhits", "xgboost")) == 2


def test_a_promotion_waits_for_the_approval_of_another_person(
    keys: Keys, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    facts(capsys, keys, "approvals", "xgboost", "1")
    facts(capsys, keys, "approve", "xgboost", "A")
    assert "0 of 1 approvals of others than ann" in said(capsys, keys, "promote", "xgboost", "A", code=1)
    monkeypatch.setenv("LOGNAME", "bob")
    assert facts(capsys, keys, "promote", "xgboost", "A")["actor"] == "bob"


def test_who_has_no_role_for_it_is_refused(
    keys: Keys, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLM_ROLES", json.dumps({"ann": "guard", "bob": "admin"}))
    assert "ask operator, admin" in said(capsys, keys, "promote", "xgboost", "A", code=1)
    facts(capsys, keys, "freeze", "xgboost")


@pytest.mark.parametrize("share", ["0", "1", "100%", "nan", "-1"])
def test_a_share_outside_of_its_range_is_refused(
    keys: Keys, capsys: pytest.CaptureFixture[str], share: str
) -> None:
    assert "must be between 0 and 1" in said(capsys, keys, "canary", "xgboost", "B", f"{share}", code=1)
