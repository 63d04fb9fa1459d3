"""Of the inputs stays what the shadow's windows may be built from after a restart."""

from __future__ import annotations

from clm.events import InputRow
from clm.scope import Scope
from clm.steps.needed_rows import STRIDE, NeededRows
from clm.store.codec import encode_row
from clm.store.keyspace import Extend
from worker import bootstrap
from worker.stage import Stage


def stage_with(rows: list[tuple[int, str]], schema: str = "daily") -> Stage:
    """Rows as (ms of the entry, symbol)."""
    stage = bootstrap.memory_stage(Scope())
    entries = [(f"{ms}-0", encode_row(InputRow(symbol, ms * 1000, schema, bytes(4)))) for ms, symbol in rows]
    stage.space.commit([], [Extend(stage.keys.inputs, entries)])
    return stage


def test_the_newest_rows_of_each_symbol_stay_rounded_up_to_a_stride() -> None:
    stage = stage_with([(ms, "A") for ms in range(1, 1001)])
    done = NeededRows(stage.inputs, keep=100).done("2000-0")
    assert done == f"{1 + 64 * 13}-0"  # marks at rows 0, 64, … 960; the newest three of them are kept
    assert 100 <= 1000 - 64 * 13 < 100 + 2 * STRIDE


def test_a_symbol_with_few_rows_holds_all_of_them() -> None:
    stage = stage_with([(1, "B"), *((ms, "A") for ms in range(2, 1001))])
    assert NeededRows(stage.inputs, keep=100).done("2000-0") == "1-0"


def test_rows_after_the_saved_cursor_make_no_older_one_superfluous() -> None:
    stage = stage_with([(ms, "A") for ms in range(1, 1001)])
    needed = NeededRows(stage.inputs, keep=64)
    assert needed.done("129-0") == "1-0"  # rows 1 to 128 are before it: marks at 1 and 65
    assert needed.done("130-0") == "65-0"


def test_a_shadow_that_never_saved_needs_everything() -> None:
    stage = stage_with([(ms, "A") for ms in range(1, 301)])
    assert NeededRows(stage.inputs, keep=64).done("0-0") == "0-0"


def test_what_was_not_read_yet_counts_as_needed() -> None:
    stage = stage_with([(ms, "A") for ms in range(1, 3001)])
    needed = NeededRows(stage.inputs, keep=64)
    first, then = (int(needed.done("9000-0", pages=1).split("-")[0]) for _ in range(2))
    assert 1 < first < 1000 < then < 2000
