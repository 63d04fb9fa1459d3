"""``make proof-rollback``: good in shadow, bad when it serves, on real candles, the server killed or not.

``python -m tests.rollback [--data FOLDER] [--seeds N] [--models ...]`` prints a table and writes
``benchmarks/out/rollback.json``; exit code 1 when a goal is missed. Without a folder of candles the demo's
prices have to do. A quarter of a minute for each life.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from clm.data.parquet import read_bars
from clm.data.sample import sample_bars
from clm.model import ModelType
from clm.records import AUTOMATION
from tests.acceptance.crew import ROOT
from tests.faults.bus.report import Row, table, write
from tests.rollback.ordeal import Account, lived
from tests.rollback.turned import Turned, turned

OUT = ROOT / "benchmarks" / "out" / "rollback.json"
SYMBOLS = 12
"""Into so many the bars of a source are dealt, so that each has enough of them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the proof; 1 when a goal is missed."""
    asked = argparse.ArgumentParser(prog="proof-rollback", description=__doc__)
    asked.add_argument("--data", type=Path, metavar="FOLDER", help="of Parquet files of candles")
    asked.add_argument("--seeds", type=int, default=1)
    asked.add_argument("--models", nargs="+", default=["lightgbm", "xgboost"])
    arguments = asked.parse_args(argv)
    accounts, without = list[Account](), list[str]()
    with tempfile.TemporaryDirectory(prefix="clm-rollback-") as place:
        for name, bars in sources(arguments.data):
            for seed, model in [(s, m) for s in range(1, arguments.seeds + 1) for m in arguments.models]:
                home = Path(place) / f"{name}-{model}-{seed}"
                try:
                    decks = max(1, SYMBOLS // bars["symbol"].nunique())
                    market = turned(bars, decks, home, ModelType(model), seed)
                except ValueError as error:
                    without.append(f"{name} {model} {seed}: {error}")
                    continue
                accounts += lives(market, home)
                print(
                    f"{name} {model} {seed}: won at bar {market.won}, worse at bar {market.lost}", flush=True
                )
    print("\n".join(without))
    rows = figures(accounts, len(without))
    print(table(rows))
    write(rows, OUT)
    return 0 if all(row.ok for row in rows) else 1


def sources(folder: Path | None) -> Iterator[tuple[str, pd.DataFrame]]:
    """Name and candles of every file of a folder that has prices and volumes, and the demo's."""
    prices = sample_bars()
    yield "sample", prices[prices["symbol"] != "GOOG"]  # which came four years later
    for path in sorted(folder.glob("*.parquet")) if folder else []:
        bars = read_bars(path).dropna()
        if len(bars):
            yield path.stem, bars


def lives(market: Turned, home: Path) -> Iterator[Account]:
    """Its ordeals: the server lives, dies where a candidate wins, and dies between rollback and move."""
    for killed_at in (None, market.won, market.lost):
        yield lived(market, home / f"{killed_at}", killed_at)


def figures(accounts: Sequence[Account], without: int) -> list[Row]:
    """What they show; a market on which no candidate won shows nothing, and is told."""
    count, killed = len(accounts), sum(each.killed for each in accounts)
    told = {"predictions": sum(len(each.told) for each in accounts), "markets without a winner": without}
    back = [each for each in accounts if each.rolled_back]
    return [
        Row("lives", count, ">=", 3, told),
        Row("servers killed in the middle", killed, ">=", 2),
        Row("rolled back", len(back), "==", count),
        Row("by a hand", sum(each.actors != {AUTOMATION} for each in accounts), "==", 0),
        Row("bars begun with a version not active", sum(len(each.behind) for each in accounts), "==", 0),
        Row("predictions or outcomes lost", sum(abs(each.lost) for each in accounts), "==", 0),
        Row("faults of the decision log", sum(len(each.faults) for each in accounts), "==", 0),
    ]


if __name__ == "__main__":
    sys.exit(main())
