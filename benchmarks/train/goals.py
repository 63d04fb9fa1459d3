"""The goals of training and scoring: each key, its limit and the sentence behind it, once."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.stream.goals import Goal

GOALS: Mapping[str, Goal] = {
    "nhits512_speedup": Goal(
        ">=", 2.5, "networks", "CPU of neuralforecast's fit ÷ ours, 5 symbols, 512 units"
    ),
    "nhits128_speedup": Goal(">=", 8.0, "networks", "the same, 128 units"),
    "symbols_5_over_1": Goal("<=", 1.15, "networks", "CPU of our step, 5 symbols ÷ 1"),
}
