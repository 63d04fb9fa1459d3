"""Sections or single rows of a bench can be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.bench import Bench
from benchmarks.stream.figure import Figure
from benchmarks.stream.goals import GOALS

BENCH = Bench("bench", "", GOALS, Figure, Path("unused"))


def test_everything_is_measured_where_nothing_is_named() -> None:
    assert set().union(*BENCH.wanted(None).values()) == set(GOALS)


def test_a_section_is_all_of_its_rows_and_a_row_only_itself() -> None:
    assert BENCH.wanted(["starting"]) == {"starting": {"warm_start_ms", "fresh_child_ms"}}
    assert BENCH.wanted(["fresh_child_ms"]) == {"starting": {"fresh_child_ms"}}


def test_what_is_neither_is_refused() -> None:
    with pytest.raises(SystemExit):
        BENCH.parser().parse_args(["--only", "warm_start"])


def test_a_bench_fails_where_a_wanted_row_was_not_yielded(tmp_path: Path) -> None:
    options = BENCH.parser().parse_args(["--only", "starting", "--out", str(tmp_path / "bench.json")])

    def half(_: str, __: frozenset[str]) -> Iterator[Figure]:
        yield Figure("warm_start_ms", 3.0)

    assert BENCH.run(options, half) == 1
