"""``clm up`` starts everything with its own server; killed in any way, it leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from clm.errors import UnreachableServer
from clm.store.embedded import socket_path, socket_url
from clm.store.keys import Keys
from clm.store.redis_keyspace import connect
from tests.acceptance.crew import ROOT
from tests.acceptance.site import Site

PATIENCE_S, GONE_S = 60.0, 2.0


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def children(parent: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # a zombie only waits to be counted


def owned(site: Site) -> bool:
    """Whether every role has an owner on the embedded server."""
    path = socket_path(site.directory / "valkey")
    if not path.exists():
        return False
    space, keys = connect(socket_url(path)), Keys(site.scope)
    try:
        return all(space.get(keys.lease(role)) for role in ("watcher", "shadow", "dispatcher"))
    except UnreachableServer:
        return False  # it is just starting


def test_a_killed_up_takes_its_server_and_its_processes_with_it(tmp_path: Path) -> None:
    site = Site(tmp_path, "")
    with (tmp_path / "up.log").open("wb") as out:
        up = subprocess.Popen(
            [sys.executable, "-m", "worker", "up"], cwd=ROOT, env=site.environment, stdout=out, stderr=out
        )
    try:
        assert within(PATIENCE_S, lambda: owned(site)), (tmp_path / "up.log").read_text()
        family = children(up.pid)
        assert len(family) == 5  # server, watcher, shadow, dispatcher, worker
    finally:
        up.kill()
        up.wait()
    assert within(GONE_S, lambda: not any(map(runs, family)))
