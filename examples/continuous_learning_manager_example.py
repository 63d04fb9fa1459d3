"""The specification's demo: one full retraining cycle in process, on a small synthetic market.

Four tiny models serve; a paper trader publishes what they forecast; then all are retrained, judged on a
hold-out, run beside the active ones on the bars that followed, and promoted where they won.

    python examples/continuous_learning_manager_example.py
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import structlog

from clm import ContinuousLearningManager, Policy, Scope
from clm.data.parquet import ParquetDataClient
from clm.data.synthetic import synthetic_bars
from clm.events import Event, micros
from clm.learning.evaluator import HoldoutEvaluator
from clm.learning.features import TechnicalFeatures
from clm.learning.library import ModelLibrary
from clm.learning.shadow_tester import ReplayShadowTester
from clm.learning.targets import Target
from clm.learning.trainer import NativeTrainer
from clm.model import BASE_MODELS
from clm.replay.tape import record
from clm.replay.trader import PaperTrader
from worker import bootstrap

HOUR = 3600
BARS, SHADOW_BARS = 480, 40
TREES = {"n_estimators": 60, "max_depth": 3, "learning_rate": 0.08}
NETWORK = {"input_size": 16, "h": 1, "max_steps": 30, "windows_batch_size": 64}
PARAMS = {
    "xgboost": TREES,
    "lightgbm": TREES,
    "nhits": {**NETWORK, "n_blocks": 2, "mlp_units": [[32, 32], [32, 32]]},
    "patchtst": {**NETWORK, "patch_len": 4, "stride": 2, "hidden_size": 16, "n_heads": 2},
}
POLICY = Policy(training_lookback_days=8, shadow_test_hours=24)
ENGINEER = TechnicalFeatures(Target("log_volume"), HOUR)
CLIENT = ParquetDataClient(synthetic_bars(("BTC", "ETH"), BARS, seed=10, bar_seconds=HOUR), HOUR)
SCOPE = Scope(name="demo", target="log_volume", clock="event")
STAGE = bootstrap.memory_stage(SCOPE)


def manager(as_of: datetime) -> ContinuousLearningManager:
    """The manager as of a moment: it sees the bars up to then, and shadows on the events after it."""
    return ContinuousLearningManager(
        data_client=CLIENT.bound(as_of),
        feature_engineer=ENGINEER,
        trainer=NativeTrainer(ENGINEER),
        evaluator=HoldoutEvaluator(ENGINEER),
        shadow_tester=ReplayShadowTester(recorded(), STAGE.inputs, SCOPE, POLICY),
        registry=ModelLibrary(STAGE.registry, STAGE.artifacts, ENGINEER),
        policy=POLICY,
        training_params=PARAMS,
    )


def recorded() -> list[Event]:
    """Everything that was published so far."""
    return list(bootstrap.recorded(STAGE, POLICY))


def serve_first_models(as_of: datetime) -> None:
    """What an operator does on the first day: train all four, and put them live by hand."""
    clm = manager(as_of)
    for model_type, artifact in clm.retrain_all().items():
        clm.registry.promote(model_type, artifact.version)


def trade(since: datetime) -> None:
    """The trader forecasts each bar with the active models and tells what came true."""
    tape = record(ENGINEER.transform(CLIENT.bars), ENGINEER, {})
    publisher = bootstrap.memory_publisher(STAGE, "trader")
    handle = bootstrap.handle(STAGE, POLICY.models)
    handle.refresh()
    trader = PaperTrader(tape, publisher, handle, ENGINEER.horizon)
    for bar in tape:
        if bar.at > micros(since):
            trader.meet(bar)
    publisher.flush()


def show_status(clm: ContinuousLearningManager) -> None:
    """The table of active models."""
    print("Current Model Status:")
    print("-" * 80)
    for name, info in clm.get_model_status_summary().items():
        trained_at = info["active_trained_at"]
        trained = f"{trained_at:%Y-%m-%d}" if trained_at else "never"
        print(f"  {name:12} | {info['active_version']:20} | Trained: {trained}")


def main() -> None:
    """Print the specification's demo."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    print("=" * 80, "CONTINUOUS LEARNING MANAGER - DEMO", "=" * 80, sep="\n", end="\n\n")
    now = CLIENT.as_of - timedelta(hours=SHADOW_BARS)
    first = now - timedelta(days=9)
    serve_first_models(first)
    trade(since=now - timedelta(hours=24))  # a day ahead, so that the networks have their windows
    clm = manager(now)
    print("CLM Initialized ✓", end="\n\n")
    show_status(clm)
    print("\nRunning Full Retraining Cycle:", "=" * 80, sep="\n")
    report = clm.run_full_cycle(force=True)
    for model_type in BASE_MODELS:
        print(f"  {model_type.value:12} | {report.reasons.get(model_type) or clm.failures.get(model_type)}")
    print("\nRETRAINING REPORT", "=" * 80, report.summary(), sep="\n")


if __name__ == "__main__":
    main()
