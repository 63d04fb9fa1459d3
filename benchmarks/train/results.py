"""``make results DATA=folder``: what each model forecasts on real candles, and what its fit costs.

Log range and log volatility, 1 and 12 bars ahead, by the default recipe of each model as the specification
parametrises it: the fit that kept its newest rows apart, calibrated on them. The last fit, on those as well,
is left out: it forecasts newer bars and costs as much again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.evidence.candles import ridge
from benchmarks.stream import report
from benchmarks.stream.meter import cpu_seconds
from benchmarks.train.market import BITCOIN, SEED_PARAMS, Candles, bars, engineer
from benchmarks.train.remembering import RememberingTrainer
from benchmarks.train.resampling import relative
from clm.decisions.evaluation import measure
from clm.learning.features import TechnicalFeatures
from clm.learning.frames import predict_rows
from clm.learning.rows import rows_of
from clm.model import MEMBERS, ModelType

if TYPE_CHECKING:
    import pandas as pd

OUT = report.OUT.with_name("results.json")
TARGETS, HORIZONS = ("log_range", "log_volatility"), (1, 12)
DAY = 86_400
"""Seconds."""


@dataclass(frozen=True)
class Market:
    """Candles, and how a fold is cut from them."""

    candles: Candles
    past: int  # days that a fit learns from
    future: int  # days that it is judged on


MARKETS = {
    "BTCUSD": Market(BITCOIN, 90, 30),
    "ETHUSDT": Market(Candles("crypto_5m_2024h1.parquet", "ETHUSDT", 300), 30, 7),
}


@dataclass(frozen=True)
class Said:
    """What a model forecast in a fold, beside the outcome; arrays (rows,)."""

    value: Any  # target units, like the next two
    naive: Any
    outcome: Any
    cpu_s: float


def main(arguments: Sequence[str] | None = None) -> int:
    """0: the table is whole."""
    parser = argparse.ArgumentParser(prog="results", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of real candles")
    parser.add_argument("--folds", type=int, default=3, help="of each target and horizon, evenly spread")
    parser.add_argument("--market", choices=sorted(MARKETS), action="append", help="some, not all")
    parser.add_argument("--target", choices=TARGETS, action="append", help="one, not both")
    parser.add_argument("--models", nargs="+", choices=[*SEED_PARAMS, "ensemble", "ridge"], help="some")
    parser.add_argument("--out", type=Path, default=OUT, help="the JSON file")
    options, rows = parser.parse_args(arguments), []
    print("| candles | target, bars ahead | model | RMSE | MAE | skill [95 %] | direction | CPU s |")
    print("|---|---|---|---|---|---|---|---|")
    for name in options.market or MARKETS:
        for target in options.target or TARGETS:
            for horizon in HORIZONS:
                for made in _judged(MARKETS[name], target, horizon, options):
                    rows.append({"market": name, "target": target, "horizon": horizon, **made})
                    print(_line(rows[-1]), flush=True)
                report.kept(rows, options.out)
    return 0


def _line(row: Mapping[str, Any]) -> str:
    low, high = row["skill_95"]
    direction = "-" if row["direction"] is None else f"{row['direction']:.3f}"
    return (
        f"| {row['market']} | {row['target']}, {row['horizon']} | {row['model']} | {row['rmse']:.4f} "
        f"| {row['mae']:.4f} | {row['skill']:+.3f} [{low:+.3f}, {high:+.3f}] "
        f"| {direction} | {row['cpu_s']:.3g} |"
    )


def _judged(
    market: Market, target: str, horizon: int, options: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """A row per model, over all folds."""
    shape = engineer(target, horizon, market.candles.bar)
    day = DAY // market.candles.bar
    frame = shape.transform(bars(0, data=options.data, candles=market.candles))
    past, future = market.past * day, market.future * day
    ends = np.linspace(past + day, len(frame) - future - horizon, options.folds).astype(int)
    folds = [_fold(shape, frame, int(end) - past, int(end), future, options.models) for end in ends]
    for model in folds[0]:
        said = [fold[model] for fold in folds]
        value, naive, outcome = (
            np.concatenate([getattr(each, name) for each in said]) for name in ("value", "naive", "outcome")
        )
        found = measure(value, naive, outcome)
        losses = [(np.abs(e.value - e.outcome), np.abs(e.naive - e.outcome)) for e in said]
        lost = relative(losses)
        yield {
            "model": model,
            "rmse": found.rmse,
            "mae": found.mae,
            "skill": 0.0 - lost.mean,
            "skill_95": (0.0 - lost.high, 0.0 - lost.low),
            "direction": None if isnan(found.directional_accuracy) else found.directional_accuracy,
            "cpu_s": float(np.mean([each.cpu_s for each in said])),
            "rows": found.rows,
            "folds": len(said),
        }


def _fold(
    shape: TechnicalFeatures,
    frame: pd.DataFrame,
    begin: int,
    end: int,
    future: int,
    models: Sequence[str] | None,
) -> dict[str, Said]:
    """Model -> what it said of the bars after ``end``; the past ends where its targets have matured."""
    past, after = frame.iloc[begin : end - shape.horizon], frame.iloc[begin : end + future]
    after, trainer = after.reset_index(drop=True), RememberingTrainer(shape)
    due = after["target"].to_numpy(), after["naive"].to_numpy()
    mask = (np.arange(len(after)) >= end - begin) & np.isfinite(due[0]) & np.isfinite(due[1])
    outcome, naive = due[0][mask], due[1][mask]
    made = {"naive": Said(naive, naive, outcome, 0.0)}
    for name in models or ("ridge", *SEED_PARAMS, "ensemble"):
        since = cpu_seconds()
        if name == "ridge":
            value, spent = _ridge(shape, past, after, mask), cpu_seconds() - since
        else:
            params = {MEMBERS: SEED_PARAMS} if name == "ensemble" else SEED_PARAMS[name]
            bundle = getattr(trainer, f"train_{ModelType(name).value}")(past, dict(params))
            spent = cpu_seconds() - since + (trainer.saved_s if name == "ensemble" else 0.0)
            said = predict_rows(bundle, after, mask)
            value = np.where(np.isfinite(said), said, naive)
        made[name] = Said(value, naive, outcome, spent)
    return made


def _ridge(shape: TechnicalFeatures, past: pd.DataFrame, after: pd.DataFrame, mask: Any) -> Any:
    """Ridge regression on the same features; what is unknown counts as usual."""
    names = shape.get_feature_names()
    rows = rows_of(past, names)
    usual = np.nanmedian(rows.x, axis=0)
    x, new = (np.where(np.isfinite(each), each, usual) for each in (rows.x, after[names].to_numpy()[mask]))
    return ridge(x.astype(np.float64), rows.y, new.astype(np.float64))


if __name__ == "__main__":
    sys.exit(main())
