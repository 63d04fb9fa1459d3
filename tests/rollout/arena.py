"""Promoters race for one route, each a process of its own, and some of them are killed at a random moment.

``python -m tests.rollout.arena URL PREFIX HISTORIES SEED [--planted NAME]`` runs in a process that has loaded
nothing heavy and no thread, so that it may fork; it prints one line of JSON per history.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clm.store.keys import Keys
from clm.store.keyspace import Keyspace
from clm.store.redis_keyspace import connect
from clm.store.registry import RouteRegistry
from tests.contract.test_registry import artifact
from tests.rollout.audit import faults_of
from tests.rollout.linear import linearizable
from tests.rollout.planted import SPACES
from tests.rollout.promoter import TYPE, VERSIONS, Desk, calls_of, race
from tests.rollout.spec import CLM, State, step

PROMOTERS, TURNS = 8, 4
DOOMED = 0.4
"""Share of the promoters that are killed."""

LIFETIME_S = 0.06
"""Within so many seconds: most of the time that the race takes."""


@dataclass(frozen=True)
class Ended:
    """What one history showed."""

    calls: int
    unfinished: int  # calls in which the caller was killed
    killed: int
    moves: int  # epoch at the end
    linearizable: bool
    faults: list[str]  # of what the registry left behind


def main(argv: Sequence[str] | None = None) -> int:
    """Run the histories."""
    asked = argparse.ArgumentParser(prog="arena")
    asked.add_argument("url")
    asked.add_argument("prefix")
    asked.add_argument("histories", type=int)
    asked.add_argument("seed", type=int)
    asked.add_argument("--planted", choices=SPACES, default="none")
    arguments = asked.parse_args(argv)
    for number in range(arguments.histories):
        keys = Keys(f"{arguments.prefix}-{number}")
        ended = history(arguments.url, keys, arguments.seed + number, SPACES[arguments.planted])
        sys.stdout.write(json.dumps(vars(ended)) + "\n")
        sys.stdout.flush()
    return 0


def history(url: str, keys: Keys, seed: int, planted: Any) -> Ended:
    """One race on a fresh scope, and what it showed."""
    space = connect(url)
    registry = RouteRegistry(space, keys)
    for version in VERSIONS:
        registry.save_model(artifact(version))
    with tempfile.NamedTemporaryFile() as record:
        out = os.open(record.name, os.O_WRONLY | os.O_APPEND)
        killed = _raced(url, keys, seed, planted, out)
        last = Desk(registry, space, keys, PROMOTERS, out)
        for word in ("look", "census"):  # whatever happened must end here
            last.noted((word, CLM), f"end-{word}")
        os.close(out)
        calls = calls_of(Path(record.name).read_text().splitlines())
    return Ended(
        calls=len(calls),
        unfinished=sum(call.returned == float("inf") for call in calls),
        killed=killed,
        moves=registry.route(TYPE).epoch,
        linearizable=linearizable(calls, State(), step),
        faults=faults_of(space, keys),
    )


def _raced(url: str, keys: Keys, seed: int, planted: Any, out: int) -> int:
    """Fork the promoters, kill some; how many were dead before their work was done."""
    chance = random.Random(seed)
    pids = [_forked(url, keys, process, seed, planted, out) for process in range(PROMOTERS)]
    ends = sorted((chance.uniform(0, LIFETIME_S), pid) for pid in pids if chance.random() < DOOMED)
    begun = time.monotonic()
    for end, pid in ends:
        time.sleep(max(0.0, begun + end - time.monotonic()))
        os.kill(pid, signal.SIGKILL)  # it is not waited for yet, so nobody else has its number
    statuses = [os.waitpid(pid, 0)[1] for pid in pids]
    if broken := [status for status in statuses if status not in (0, signal.SIGKILL)]:
        raise RuntimeError(f"a promoter ended with status {broken[0]}: see its traceback above")
    return statuses.count(signal.SIGKILL)


def _forked(url: str, keys: Keys, process: int, seed: int, planted: Any, out: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        space: Keyspace = planted(connect(url))
        race(Desk(RouteRegistry(space, keys), space, keys, process, out), TURNS, seed)
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
