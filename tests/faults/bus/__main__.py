"""``make faults-bus``: everything that must be shown of the bus under faults, in less than five minutes.

``python -m tests.faults.bus [--server PROGRAM] [--only NAME ...]`` prints a table and writes
``benchmarks/out/faults-bus.json``; exit code 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.acceptance.crew import ROOT
from tests.faults.bus import away, kills, lost_server, mutation, paused
from tests.faults.bus.report import Row, table, write
from tests.faults.bus.server import Server

OUT = ROOT / "benchmarks" / "out" / "faults-bus.json"
Part = Callable[[Server, Path], list[Row]]
PARTS: Mapping[str, Part] = {
    "kills": kills.rows,
    "mutants": mutation.rows,
    "away": away.rows,
    "lost-server": lost_server.rows,
    "paused": paused.rows,
}
ACTS = (("kills",), ("away",), ("mutants",), ("lost-server", "paused"))
"""What runs at the same time. Kills need both cores, the trader's microseconds need silence, and so does the
processor time of a mutant: beside others its caches are cold. What is left measures seconds, against goals
that are far away."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the parts; 1 when a goal is missed."""
    asked = argparse.ArgumentParser(prog="faults-bus", description=__doc__)
    asked.add_argument("--server", metavar="PROGRAM", help="instead of the embedded Valkey")
    asked.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = asked.parse_args(argv)
    found: list[Row] = []
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="clm-faults-") as place:
        for act in ACTS:
            names = [name for name in act if name in arguments.only]
            if not names:
                continue
            found += played(names, arguments.server, Path(place))
            print(f"{time.monotonic() - begun:6.1f} s  {' '.join(names)}", flush=True)
    print(f"\n{table(found)}")
    print(*(row.raw["error"] for row in found if "error" in row.raw), sep="\n")
    write(found, OUT)
    return 0 if all(row.ok for row in found) else 1


def played(names: Sequence[str], program: str | None, place: Path) -> list[Row]:
    """The figures of parts that run at the same time, each in a process and on a server of its own.

    A part that breaks off is a goal that was missed; the others go on.
    """
    with ProcessPoolExecutor(len(names), mp_context=get_context("forkserver")) as pool:
        running = {
            name: pool.submit(PARTS[name], Server(place / name / "server", program), place / name / "site")
            for name in names
        }
        return [row for name, part in running.items() for row in _ended(name, part)]


def _ended(name: str, part: Future[list[Row]]) -> list[Row]:
    broken = part.exception()
    if broken is None:
        return part.result()
    return [Row(f"{name} broke off", 1, "==", 0, {"error": "".join(traceback.format_exception(broken))})]


if __name__ == "__main__":
    sys.exit(main())
