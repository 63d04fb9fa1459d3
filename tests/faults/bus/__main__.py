"""``make faults-bus``: everything that must be shown of the bus under faults, in less than five minutes.

``python -m tests.faults.bus [--server PROGRAM] [--only NAME ...]`` prints a table and writes
``benchmarks/out/faults-bus.json``; exit code 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.acceptance.crew import ROOT
from tests.faults.bus import away, kills, lost_server, paused
from tests.faults.bus.report import Row, table, write
from tests.faults.bus.server import Server

OUT = ROOT / "benchmarks" / "out" / "faults-bus.json"
Part = Callable[[Server, Path], list[Row]]
PARTS: Mapping[str, Part] = {
    "kills": kills.rows,
    "away": away.rows,
    "lost-server": lost_server.rows,
    "paused": paused.rows,
}
"""One after the other: two of them together would disturb each other's times."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the parts; 1 when a goal is missed."""
    asked = argparse.ArgumentParser(prog="faults-bus", description=__doc__)
    asked.add_argument("--server", metavar="PROGRAM", help="instead of the embedded Valkey")
    asked.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = asked.parse_args(argv)
    found: list[Row] = []
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="clm-faults-") as place:
        for name in arguments.only:
            directory = Path(place) / name
            print(f"{time.monotonic() - begun:6.1f} s  {name}", flush=True)
            found += PARTS[name](Server(directory / "server", arguments.server), directory / "site")
    print(f"{time.monotonic() - begun:6.1f} s  in all\n\n{table(found)}")
    write(found, OUT)
    return 0 if all(row.ok for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
