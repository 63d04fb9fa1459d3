"""``make proof-rollout``: what must be shown of the registry, at full size, in some five minutes.

``python -m tests.rollout [--server PROGRAM] [--histories N] [--examples N]`` prints a table and writes
``benchmarks/out/rollout.json``; exit code 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from clm.store.redis_keyspace import connect
from tests.acceptance.crew import ROOT
from tests.faults.bus.report import Row, table, write
from tests.faults.bus.server import Server
from tests.rollout.campaign import histories
from tests.rollout.machine import RegistryMachine
from tests.rollout.planted import MISTAKES
from tests.rollout.test_machine import SHORT

OUT = ROOT / "benchmarks" / "out" / "rollout.json"
LANES = 2
TORN = 40


def main(argv: Sequence[str] | None = None) -> int:
    """Run the proof; 1 when a goal is missed."""
    asked = argparse.ArgumentParser(prog="proof-rollout", description=__doc__)
    asked.add_argument("--server", metavar="PROGRAM", help="instead of the embedded Valkey")
    asked.add_argument("--histories", type=int, default=1000)
    asked.add_argument("--examples", type=int, default=1000)
    asked.add_argument("--seed", type=int, default=int(time.time()))
    arguments = asked.parse_args(argv)
    with (
        tempfile.TemporaryDirectory(prefix="clm-rollout-") as place,
        Server(Path(place), arguments.server) as server,
    ):
        rows = [*raced(server.url, arguments.histories, arguments.seed)]
        rows += done_to(server.url, arguments.examples)
    print(table(rows))
    write(rows, OUT)
    print(f"seed {arguments.seed}")
    return 0 if all(row.ok for row in rows) else 1


def raced(url: str, count: int, seed: int) -> list[Row]:
    """The histories, and the planted registry among them."""
    seen = histories(url, "race", count, seed, lanes=LANES)
    torn = histories(url, "torn", TORN, seed, planted="torn", lanes=LANES)
    total = {name: sum(each[name] for each in seen) for name in ("calls", "unfinished", "killed", "moves")}
    unexplained = [sum(not each["linearizable"] for each in some) for some in (seen, torn)]
    return [
        Row("histories of 8 racing promoters", len(seen), ">=", count, total),
        Row("promoters killed", total["killed"], ">=", count),
        Row("histories that no order explains", unexplained[0], "==", 0),
        Row("histories whose records disagree", sum(bool(each["faults"]) for each in seen), "==", 0),
        Row(f"not atomic: caught in {TORN}", unexplained[1], ">=", TORN // 5),
    ]


def done_to(url: str, examples: int) -> list[Row]:
    """The state machine, and the mistakes that it must find."""
    machine = type("Machine", (RegistryMachine,), {"space": connect(url)})
    run_state_machine_as_test(machine, settings=settings(SHORT, max_examples=examples, derandomize=False))
    found = 0
    for mistake in MISTAKES.values():
        try:
            with mistake():
                run_state_machine_as_test(machine, settings=settings(SHORT, max_examples=600))
        except AssertionError:
            found += 1
    return [
        Row("examples without a difference", examples, ">=", examples),
        Row("planted mistakes found", found, "==", len(MISTAKES)),
    ]


if __name__ == "__main__":
    sys.exit(main())
