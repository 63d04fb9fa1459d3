"""Bytes fixed for ever: what they meant when they were written they mean to every reader since.

A file under ``golden`` that no longer reads or writes the same needs a new wire version, not a new file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from clm.events import Command, Event, InputRow, Outcome, Prediction, Regime, Tick
from clm.store.admission import decode_entry
from clm.store.batch import encode_batches
from clm.store.codec import decode_row, encode, encode_row

GOLDEN = Path(__file__).parent / "golden"
PAGE = Path(__file__).parents[3] / "docs" / "wire-format.md"
MINUTE, LATER = 60_000_000, 1_700_000_000_000_000


def said(n: int, at: int, symbol: str, value: float, naive: float, **more: object) -> Prediction:
    fields = {"model_type": "lightgbm", "version": "v1", "horizon": 1, **more}
    return Prediction(p="t1", n=n, at=at, symbol=symbol, value=value, naive=naive, **fields)  # type: ignore[arg-type]


def came(n: int, at: int, of: tuple[str, int], value: float) -> Outcome:
    return Outcome(p="t1", n=n, at=at, of=of, value=value)


SINGLE: dict[str, Event] = {
    "prediction": said(7, MINUTE, "AAPL", 0.5, 0.25),
    "outcome": came(9, 2 * MINUTE, ("t1", 7), 0.75),
    "regime": Regime(p="t1", n=10, at=2 * MINUTE, regime="calm", confidence=0.75, symbol="IBM"),
    "tick": Tick(p="clock", n=1, at=MINUTE),
    "command": Command(
        p="ops-1", n=0, at=2 * MINUTE, action="retrain", models=("lightgbm",), actor="ann", reason="drift"
    ),
}
BATCHES: dict[str, Sequence[Prediction | Outcome]] = {
    "batch": [
        said(7, MINUTE, "AAPL", 0.5, 0.25),
        said(8, MINUTE, "IBM", -1.5, 0.25),
        came(9, 2 * MINUTE, ("t1", 7), 0.75),
    ],
    "batch_one_row": [came(0, 5, ("t1", 0), 0.0)],
    "batch_every_column": [
        said(300, LATER, "AAPL", 0.1, 0.25),
        came(301, LATER + 1, ("t1", 7), 0.75),
        said(303, LATER, "IBM", -1.5, 0.5, model_type="nhits", horizon=300),
        came(1000, LATER + 1, ("t0", 70_000), 2.5),
        came(1001, LATER + 1, ("t1", 263), 1e300),
        said(1002, LATER + 1, "AAPL", 2.0, -0.0),
    ],
}
INPUT = InputRow("AAPL", MINUTE, "daily-1", b"\x00\x00\x80\x3f\x00\x00\xc0\xbf")  # 1.0, -1.5


def lines(text: str) -> str:
    """The hex digits of lines with comments."""
    return "".join(line.partition("#")[0] for line in text.splitlines()).replace(" ", "")


def golden(name: str) -> bytes:
    return bytes.fromhex(lines((GOLDEN / f"{name}.hex").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", SINGLE)
def test_a_single_event_is_read_and_written_as_ever(name: str) -> None:
    assert decode_entry(golden(name)) == [SINGLE[name]]
    assert encode(SINGLE[name]) == golden(name)


@pytest.mark.parametrize("name", BATCHES)
def test_a_batch_is_read_and_written_as_ever(name: str) -> None:
    assert decode_entry(golden(name)) == BATCHES[name]
    assert encode_batches(BATCHES[name]) == [golden(name)]


def test_an_input_row_is_read_and_written_as_ever() -> None:
    assert decode_row(golden("input")) == INPUT
    assert encode_row(INPUT) == golden("input")


def test_every_golden_file_has_its_events_here() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == {*SINGLE, *BATCHES, "input"}


def test_the_examples_of_the_page_are_the_golden_bytes() -> None:
    blocks = re.findall(r"```hex\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    shown = [bytes.fromhex(lines(block)) for block in blocks]
    assert shown == [golden(name) for name in ("prediction", "outcome", "batch", "input")]
