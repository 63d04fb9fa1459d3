"""``make faults-artifacts``: a thousand damaged bundles of each model type, and the trader goes on.

``python -m tests.faults.artifacts [--count N] [--signed N]`` prints a table and writes
``benchmarks/out/faults-artifacts.json``; exit code 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from clm.learning.bundle import pack
from clm.model import BASE_MODELS, ModelType
from tests.acceptance.crew import ROOT
from tests.faults.artifacts.signed import endings
from tests.faults.artifacts.trader import fitted, suffer
from tests.faults.bus.report import Row, table, write

OUT = ROOT / "benchmarks" / "out" / "faults-artifacts.json"


def main(argv: Sequence[str] | None = None) -> int:
    """Damage, promote, forecast; 1 when a goal is missed."""
    asked = argparse.ArgumentParser(prog="faults-artifacts", description=__doc__)
    asked.add_argument("--count", type=int, default=1000, help="per model type; their hash tells")
    asked.add_argument("--signed", type=int, default=200, help="per model type; only a probe tells")
    asked.add_argument("--seed", type=int, default=int(time.time()))
    arguments = asked.parse_args(argv)
    rows: list[Row] = []
    for model_type in BASE_MODELS:
        with tempfile.TemporaryDirectory(prefix="clm-rotten-") as place:
            rows += felt(model_type, Path(place), arguments.count, arguments.seed)
            rows += tried(model_type, Path(place), arguments.signed, arguments.seed)
    print(table(rows))
    print(f"seed {arguments.seed}")
    write(rows, OUT)
    return 0 if all(row.ok for row in rows) else 1


def felt(model_type: ModelType, place: Path, count: int, seed: int) -> list[Row]:
    """What the trader felt of damaged files."""
    found, name = suffer(model_type, place, count, seed), model_type.value
    return [
        Row(f"{name}: damaged files", found.damaged, ">=", count),
        Row(f"{name}: loaded", found.loaded, "==", 0),
        Row(f"{name}: other forecasts or errors", found.lost + found.raised, "==", 0),
    ]


def tried(model_type: ModelType, place: Path, count: int, seed: int) -> list[Row]:
    """How the probes of damaged bundles with a right hash ended."""
    found, name = endings(pack(fitted(model_type)), place, count, seed), model_type.value
    return [
        Row(f"{name}: signed anew, refused", found["refused"], ">=", 0, found),
        Row(f"{name}: signed anew, ended a probe", found["crashed"] + found["hung"], ">=", 0),
        Row(f"{name}: signed anew, all ended", sum(found.values()), "==", count),
    ]


if __name__ == "__main__":
    sys.exit(main())
