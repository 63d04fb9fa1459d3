"""SIGKILL of the archiver at any moment: run again, it goes on, and every entry is there once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clm.ports import Entry
from clm.scope import Scope
from clm.store import scope_record
from clm.store.archive import StreamArchive
from clm.store.archive_files import LocalFiles
from clm.store.keys import Keys
from clm.store.keyspace import Extend
from clm.store.redis_keyspace import connect

DAY_MS = 86_400_000
DAYS = 40
DEADLINE_S = 60.0


@pytest.fixture
def archived(server_url: str, scope_name: str, tmp_path: Path) -> tuple[list[Entry], StreamArchive, int]:
    """The entries of forty days, the archive after three kills and a last run, and its exit code."""
    space, keys = connect(server_url), Keys(scope_name)
    scope_record.save(space, keys, Scope(name=scope_name))
    sent = [Entry(f"{day * DAY_MS}-{n}", os.urandom(200)) for day in range(1, DAYS + 1) for n in range(50)]
    space.commit([], [Extend(keys.events, [(each.id, each.data) for each in sent])])
    for files in (1, 13, 27):
        child = start(server_url, scope_name, tmp_path)
        until = time.monotonic() + DEADLINE_S
        while child.poll() is None and raw(tmp_path) < files and time.monotonic() < until:
            time.sleep(0.001)
        child.kill()
        child.wait()
    last = start(server_url, scope_name, tmp_path)
    until = time.monotonic() + DEADLINE_S
    while last.poll() is None and raw(tmp_path) < DAYS and time.monotonic() < until:
        time.sleep(0.01)
    last.terminate()
    return sent, StreamArchive(LocalFiles(tmp_path), scope_name), last.wait()


def start(url: str, scope: str, place: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "CLM_REDIS_URL": url, "CLM_LEASE_S": "0.5"}
    command = [sys.executable, "-m", "worker", "archive", "--scope", scope, "--to", str(place), "--follow"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def raw(place: Path) -> int:
    return len(list((place / "raw").rglob("*.parquet")))


def test_every_entry_is_archived_once(archived: tuple[list[Entry], StreamArchive, int]) -> None:
    sent, archive, code = archived
    found, after = [], "0-0"
    while page := archive.read("events", after):
        found += page
        after = page[-1].id
    assert (code, found) == (0, sent)
    assert len(archive.spans("events")) == DAYS
