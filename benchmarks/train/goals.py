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
    "live_event_over_bare": Goal("<=", 1.25, "scoring", "CPU of one event through four models ÷ bare calls"),
    "shadow_over_bare": Goal("<=", 1.05, "scoring", "CPU of scoring four candidates ÷ bare batches of 64"),
    "warm_xgboost": Goal("<=", 0.2, "warming", "CPU of a warm start ÷ cold, as good over 30 folds or more"),
    "warm_lightgbm": Goal("<=", 0.5, "warming", "the same, LightGBM"),
    "warm_networks": Goal("<=", 0.34, "warming", "the same, N-HiTS"),
    "calibration_excess": Goal("<=", 0.2, "calibrating", "worst fold's excess loss, calibrated ÷ before"),
    "boosters_over_bare": Goal("<=", 1.1, "cycling", "CPU of a cycle ÷ of its bare fits, boosters"),
    "cycle_over_bare": Goal("<=", 1.03, "cycling", "the same, all four models"),
    "cycle_over_defaults": Goal(
        "<=", 0.05, "cycling", "CPU of a cycle ÷ of fits at the libraries' budgets, as good as with 5x steps"
    ),
    "artefact_share": Goal("<=", 0.01, "cycling", "CPU of saving and loading four bundles ÷ of the cycle"),
    "bit_equal": Goal("=", 4, "cycling", "models whose forecasts are bit-equal after loading"),
    "pickle_bytes": Goal("=", 0, "cycling", "stored bytes that could be read as a pickle"),
    "makespan_over_bound": Goal(
        "<=", 1.15, "scheduling", "wall of four trainings on all cores ÷ max(longest, sum / cores)"
    ),
    "oversubscribed_over_quiet": Goal(
        "<=", 1.3, "scheduling", "CPU of fits, six per core at once ÷ one per core"
    ),
    "deadlocks": Goal("=", 0, "scheduling", "of 1,000 short trainings, their workers' parent having trained"),
}
