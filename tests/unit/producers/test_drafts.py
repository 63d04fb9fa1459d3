"""Drafts become events with plain values; what cannot be written is refused by name."""

from __future__ import annotations

from math import isnan, nan
from typing import Any, NoReturn

import numpy as np
import pytest

from clm.errors import ConfigurationError, MalformedEvent
from clm.events import Command, Event, InputRow, Outcome, Prediction, Regime, Tick
from clm.model import ModelType
from clm.store.admission import decode_entry
from clm.store.codec import decode_row
from producers.drafts import Maker
from producers.parcels import Packer
from producers.ring import Draft

GIVEN: tuple[Any, ...] = ("xgboost", "AAPL", 1, "v1", 2.5, 2.0)
MADE = Prediction(
    p="t", n=3, at=7, model_type="xgboost", version="v1", symbol="AAPL", horizon=1, value=2.5, naive=2.0
)


def draft(model_type: Any, symbol: Any, horizon: Any, *values: Any, at: Any = 7) -> Draft:
    return ("t", 3, (model_type, symbol, horizon), at, *values)


def make(given: Draft, precision: str = "float32") -> Event | InputRow:
    """What a reader finds in the entry of a draft."""
    (parcel,) = Packer().pack([Maker(precision).make(given)])
    if parcel.inputs:
        return decode_row(parcel.data)
    (event,) = decode_entry(parcel.data)
    return event


class Hostile:
    """Answers every question with an error."""

    def __repr__(self) -> NoReturn:
        raise KeyError("repr")

    def __index__(self) -> NoReturn:
        raise RuntimeError("index")

    def __float__(self) -> NoReturn:
        raise AttributeError("float")

    def __getitem__(self, key: object) -> NoReturn:
        raise ZeroDivisionError


def test_a_draft_becomes_the_event_it_describes() -> None:
    assert make(draft(*GIVEN)) == MADE


def test_numpy_scalars_and_enum_members_become_plain_values() -> None:
    values = ("v1", np.float32(2.5), 2)
    given = draft(ModelType.XGBOOST, "AAPL", np.int64(1), *values, at=np.int64(7))
    assert make(given) == MADE
    wire = Maker("float32").make(given)
    assert [type(wire[each]) for each in ("at", "value", "naive", "model_type")] == [int, float, float, str]


def test_forecasts_and_outcomes_are_rounded_to_the_models_precision() -> None:
    tenth = 13_421_773 / 2**27  # the float32 nearest to 0.1
    assert make(draft(*GIVEN[:4], 0.1, 0.1)).value == tenth  # type: ignore[union-attr]
    assert make(("t", 1, "outcome", 5, ("t", 0), 0.1)).value == tenth  # type: ignore[union-attr]
    assert make(draft(*GIVEN[:4], 0.1, 0.1), "float64").value == 0.1  # type: ignore[union-attr]


def test_another_precision_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="precision is 'float16'"):
        Maker("float16")


def test_nan_passes_so_that_the_watcher_can_show_it() -> None:
    assert isnan(Maker("float32").make(draft(*GIVEN[:4], nan, 2.0))["value"])


def test_what_a_regime_leaves_out_stays_out() -> None:
    assert make(("t", 0, "regime", 5, "calm", None, None)) == Regime(p="t", n=0, at=5, regime="calm")


def test_an_outcome_names_its_prediction() -> None:
    assert make(("t", 1, "outcome", 5, ["t", np.int64(0)], 2)) == Outcome(
        p="t", n=1, at=5, of=("t", 0), value=2.0
    )


def test_a_tick_has_its_minute_as_number() -> None:
    assert make(("clock", 0, "tick", 120_000_001)) == Tick(p="clock", n=2, at=120_000_001)


def test_a_command_names_what_it_is_for() -> None:
    given = ("t", 1, "command", 5, "retrain", (ModelType.XGBOOST,), "t", "losses")
    assert make(given) == Command(
        p="t", n=1, at=5, action="retrain", models=("xgboost",), actor="t", reason="losses"
    )


def test_an_input_row_has_no_identity_of_its_own() -> None:
    assert make(("", 0, "input", 5, "AAPL", "s1", b"\0\0\0\0")) == InputRow(
        symbol="AAPL", at=5, schema="s1", x=b"\0\0\0\0"
    )


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (draft(None, *GIVEN[1:]), "model_type of prediction t-3 is None (NoneType): pass a str"),
        (draft(*GIVEN[:3], "\ud800", 2.5, 2.0), "version of prediction t-3"),
        (draft("x", "AAPL", 1.5, *GIVEN[3:]), "horizon of prediction t-3 is 1.5 (float)"),
        (draft("x", "AAPL", -1, *GIVEN[3:]), "pass a number from 0 to below 2**62"),
        (draft("x", "AAPL", 2**70, *GIVEN[3:]), "pass a number from 0 to below 2**62"),
        (draft(*GIVEN[:4], "high", 2.0), "value of prediction t-3 is 'high' (str)"),
        (draft(*GIVEN[:4], 1e300, 2.0), "value of prediction t-3 is 1e+300 (float)"),
        (draft(*GIVEN, at=None), "at of prediction t-3 is None (NoneType)"),
        (("t", 1, "outcome", 5, None, 1.0), "of of outcome t-1 is None (NoneType)"),
        (draft("x" * 257, *GIVEN[1:]), "pass at most 256 characters"),
        (("t", 1, "command", 5, "retrain", "xgboost", "t", ""), "pass a list of model types"),
        (("t", 1, "command", 5, "retrain", (), "t", "é" * 2049), "pass at most 4096 bytes"),
        (("", 0, "input", 5, "A", "s", b"123"), "x of input of 'A' is b'123'"),
        (("", 0, "input", 5, "A", "s", bytes(65_536)), "pass at most 16128 columns"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(bad: Draft, named: str) -> None:
    with pytest.raises(MalformedEvent) as refusal:
        make(bad)
    assert named in str(refusal.value)


@pytest.mark.parametrize(
    "bad",
    [
        draft(*GIVEN[:4], Hostile(), 2.0),
        draft(*GIVEN, at=Hostile()),
        ("t", 1, "outcome", 5, Hostile(), 1.0),
        ("", 0, "input", 5, Hostile(), "s", b"1234"),
    ],
)
def test_an_object_that_raises_whatever_it_is_asked_is_refused_like_any_other(bad: Draft) -> None:
    with pytest.raises(MalformedEvent, match="Hostile"):
        make(bad)
