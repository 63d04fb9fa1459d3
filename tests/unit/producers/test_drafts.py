"""Drafts become events with plain values; what cannot be written is refused by name."""

from __future__ import annotations

from math import isnan, nan
from typing import Any

import numpy as np
import pytest

from clm.errors import MalformedEvent
from clm.events import InputRow, Outcome, Prediction, Regime
from clm.model import ModelType
from producers.drafts import Draft, make

GIVEN: tuple[Any, ...] = ("xgboost", "v1", "AAPL", 1, 2.5, 2.0)


def draft(*values: Any, at: Any = 7) -> Draft:
    return Draft(Prediction, "t", 3, at, values)


def test_a_draft_becomes_the_event_it_describes() -> None:
    assert make(draft(*GIVEN)) == Prediction(
        p="t", n=3, at=7, model_type="xgboost", version="v1", symbol="AAPL", horizon=1,
        value=2.5, naive=2.0,
    )  # fmt: skip


def test_numpy_scalars_and_enum_members_become_plain_values() -> None:
    event = make(draft(ModelType.XGBOOST, "v1", "AAPL", np.int64(1), np.float32(2.5), 2, at=np.int64(7)))
    assert event == make(draft(*GIVEN))
    kinds = [type(value) for value in (event.at, event.value, event.naive, event.model_type)]  # type: ignore[union-attr]
    assert kinds == [int, float, float, str]


def test_nan_passes_so_that_the_watcher_can_show_it() -> None:
    event = make(draft(*GIVEN[:4], nan, 2.0))
    assert isinstance(event, Prediction)
    assert isnan(event.value)


def test_what_a_regime_leaves_out_stays_out() -> None:
    assert make(Draft(Regime, "t", 0, 5, ("calm", None, None))) == Regime(p="t", n=0, at=5, regime="calm")


def test_an_outcome_names_its_prediction() -> None:
    assert make(Draft(Outcome, "t", 1, 5, (["t", np.int64(0)], 2))) == Outcome(
        p="t", n=1, at=5, of=("t", 0), value=2.0
    )


def test_an_input_row_has_no_identity_of_its_own() -> None:
    assert make(Draft(InputRow, "", 0, 5, ("AAPL", "s1", b"\0\0\0\0"))) == InputRow(
        symbol="AAPL", at=5, schema="s1", x=b"\0\0\0\0"
    )


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (draft(None, *GIVEN[1:]), "model_type of prediction t-3 is None (NoneType): pass a str"),
        (draft("x", "\ud800", *GIVEN[2:]), "version of prediction t-3"),
        (draft(*GIVEN[:3], 1.5, 2.5, 2.0), "horizon of prediction t-3 is 1.5 (float)"),
        (draft(*GIVEN[:3], 2**70, 2.5, 2.0), "pass a number below 2**62"),
        (draft(*GIVEN[:4], "high", 2.0), "value of prediction t-3 is 'high' (str)"),
        (draft(*GIVEN, at=None), "at of prediction t-3 is None (NoneType)"),
        (Draft(Outcome, "t", 1, 5, (None, 1.0)), "of of outcome t-1 is None (NoneType)"),
        (draft("x" * 257, *GIVEN[1:]), "pass at most 256 characters"),
        (Draft(InputRow, "", 0, 5, ("A", "s", b"123")), "x of input of 'A' is b'123'"),
        (Draft(InputRow, "", 0, 5, ("A", "s", bytes(65_536))), "pass at most 16128 columns"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(bad: Draft, named: str) -> None:
    with pytest.raises(MalformedEvent) as refusal:
        make(bad)
    assert named in str(refusal.value)
