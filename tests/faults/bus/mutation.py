"""A million mutated messages: the watcher lives through them; each counts as valid or is in quarantine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from clm.store.event_log import QUARANTINE_CAP
from tests.faults.bus.report import Row
from tests.faults.bus.server import Server
from tests.faults.mutant_ordeal import undergo

COUNT = 1_000_000
CPU_US, GROWN_MB = 20.0, 10.0


def rows(server: Server, directory: Path, count: int = COUNT) -> list[Row]:
    """What became of the mutants; a watcher that dies of them raises CalledProcessError."""
    with server:
        found = undergo(server.url, "mutants", count, judged=False)
    uncounted = abs(found.sent - found.folded) + abs(found.refused - found.quarantined)
    return [
        Row("mutants_uncounted", uncounted, "==", 0, asdict(found)),
        Row("mutants_kept", found.kept, ">=", min(QUARANTINE_CAP, found.refused)),
        Row("mutant_cpu_us", found.cpu_us, "<=", CPU_US),
        Row("mutants_grown_mb", found.grown_bytes / 2**20, "<=", GROWN_MB),
    ]
