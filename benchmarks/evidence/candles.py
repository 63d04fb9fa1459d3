"""Errors of real forecasts: ridge and LightGBM models of log range, return and 12-bar volatility of candles.

Each model is fitted on the newest weeks and used for the next two, over and over; ``quick`` twins see half
the past. Hourly candles are taken bar by bar like the five-minute ones. Computed once per set of files and
kept in ``benchmarks/out``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import lightgbm
import numpy as np
import pandas as pd

from benchmarks.evidence import halves
from clm.errors import ConfigurationError

KEPT = Path(__file__).parents[1] / "out"
FILES = ("crypto_5m_2024h1.parquet", "eurusd_5m_2017_01_04.parquet", "btcusd_1h_2017_2019.parquet")
DAY = 288
"""Five-minute bars."""
STEP, PAST = {"BTCUSD": 14 * 24}, {"EURUSD": 25 * DAY, "BTCUSD": 90 * 24}
"""Bars between two fits (elsewhere 14 days of five-minute bars) and of the past of a fit (45 days)."""
TREES = {
    "objective": "regression",
    "num_leaves": 15,
    "learning_rate": 0.05,
    "verbose": -1,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "num_threads": 1,
    "min_data_in_leaf": 100,
}


def forecasts(folder: str) -> dict[str, Any]:
    """Arrays ``symbol|target|model`` of forecasts, with ``y`` and ``naive`` among the models.

    Raises:
        ConfigurationError: the folder holds no candles.
    """
    files = _files(folder)
    sizes = [(file.name, file.stat().st_size) for file in files]
    kept = KEPT / f"forecasts-{crc32(repr((sizes, STEP, PAST, TREES)).encode()):08x}.npz"
    if kept.exists():
        return dict(np.load(kept))
    made = {name: array for file in files for each in _symbols(file) for name, array in _of(*each)}
    kept.parent.mkdir(exist_ok=True)
    np.savez(kept, **made)
    return made


def _files(folder: str) -> list[Path]:
    files = [Path(folder) / name for name in FILES if (Path(folder) / name).exists()]
    if not files:
        raise ConfigurationError(f"no candles in {folder!r}: give DATA a folder with {' or '.join(FILES)}")
    return files


def _symbols(file: Path) -> Iterator[tuple[str, Any]]:
    for symbol, bars in pd.read_parquet(file).groupby("symbol", observed=True):
        yield str(symbol), bars.reset_index(drop=True)


def _of(symbol: str, bars: Any) -> Iterator[tuple[str, Any]]:
    rows = features(bars)
    for target, (outcome, naive, horizon) in targets(bars).items():
        known = np.isfinite(rows).all(axis=1) & np.isfinite(outcome) & np.isfinite(naive)
        x, y = rows[known], outcome[known]
        past, step = PAST.get(symbol, 45 * DAY), STEP.get(symbol, 14 * DAY)
        said: dict[str, list[Any]] = {"ridge": [], "trees": [], "quick ridge": [], "quick trees": []}
        for start in range(past, len(y), step):
            for name, values in said.items():
                first = start - (past // 2 if name.startswith("quick") else past)
                model = ridge if name.endswith("ridge") else _trees
                values.append(
                    model(x[first : start - horizon], y[first : start - horizon], x[start : start + step])
                )
        for name, values in said.items():
            yield f"{symbol}|{target}|{name}", np.concatenate(values)
        yield f"{symbol}|{target}|y", y[past:]
        yield f"{symbol}|{target}|naive", naive[known][past:]


def volatilities(folder: str, half: str, regimes: int) -> dict[str, tuple[Any, Any, Any]]:
    """True and seen labels and hours (n,) of each symbol's volatility: parts of a centred day and of an hour.

    A day is 288 bars and an hour is 12, whatever a bar is; each of so many parts is as often as another
    within the half.
    """
    found = {}
    for file in _files(folder):
        for symbol, all_bars in _symbols(file):
            bars = all_bars.iloc[halves.rows(half, symbol, len(all_bars))]
            if not len(bars):
                continue
            squares = np.log(bars.close).diff().fillna(0.0) ** 2
            day, hour = squares.rolling(DAY, center=True).mean(), squares.rolling(12).mean()
            whole = (day.notna() & hour.notna()).to_numpy()
            found[symbol] = (
                _parted(day[whole].to_numpy(), regimes),
                _parted(hour[whole].to_numpy(), regimes),
                bars.timestamp.dt.hour.to_numpy()[whole],
            )
    return found


def _parted(values: Any, regimes: int) -> Any:
    return np.digitize(values, np.quantile(values, np.arange(1, regimes) / regimes))


def features(bars: Any) -> Any:
    """Rows (n, columns) of what was known at each close."""
    close, spread, hour = (
        np.log(bars.close),
        log_range(bars),
        bars.timestamp.dt.hour + bars.timestamp.dt.minute / 60,
    )
    step = close.diff()
    columns = [close.diff(k) for k in (1, 2, 3, 6, 12, 48, 144)]
    columns += [np.log(step.rolling(k).std().clip(lower=1e-7)) for k in (3, 12, 48, 288)]
    columns += [spread.rolling(k).mean() for k in (1, 3, 12, 48, 288)] + [
        spread.shift(k) for k in (1, 2, 3, 6)
    ]
    columns += [wave(hour * np.pi / k) for k in (12, 6) for wave in (np.sin, np.cos)]
    return np.column_stack([np.asarray(column, dtype=float) for column in columns])


def log_range(bars: Any) -> Any:
    """log(high / low)."""
    return np.log((bars.high / bars.low).clip(lower=1 + 1e-6))


def targets(bars: Any) -> dict[str, tuple[Any, Any, int]]:
    """Outcome and naive forecast (n,) at each close, and the horizon in bars."""
    step, spread = np.log(bars.close).diff(), log_range(bars)
    volatility = np.log(step.rolling(12).std().clip(lower=1e-7))
    return {
        "range": (spread.shift(-1).to_numpy(), spread.rolling(24).mean().to_numpy(), 1),
        "return": (step.shift(-1).to_numpy(), np.zeros(len(step)), 1),
        "volatility12": (volatility.shift(-12).to_numpy(), volatility.to_numpy(), 12),
    }


def ridge(x: Any, y: Any, new: Any) -> Any:
    middle, size = x.mean(axis=0), x.std(axis=0) + 1e-12
    z = (x - middle) / size
    weights = np.linalg.solve(z.T @ z + 100 * np.eye(z.shape[1]), z.T @ (y - y.mean()))
    return (new - middle) / size @ weights + y.mean()


def _trees(x: Any, y: Any, new: Any) -> Any:
    return lightgbm.train({**TREES, "seed": len(y)}, lightgbm.Dataset(x, y), 60).predict(new)
