"""A watcher of its own process that folds what is in a scope, and says what that cost.

    python -m tests.faults.mutant_watcher URL SCOPE WARM

The first WARM entries are folded before anything is measured: they load what is loaded late.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from worker import bootstrap
from worker.loop import collect_rarely
from worker.settings import load

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident() -> int:
    """Bytes of memory that this process holds (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def main(url: str, scope: str, warm: int) -> dict[str, float]:
    """Fold everything; what was read, refused and spent after the first ``warm`` entries."""
    settings = load(scope=scope, redis_url=url)
    stage = bootstrap.redis_stage(settings)
    watcher = bootstrap.watcher(stage, settings.policy())
    collect_rarely()
    read = 0
    while read < warm:
        read += watcher.step(count=1000)
    memory, cpu = resident(), time.process_time()
    folded = 0
    while found := watcher.step(count=1000):
        folded += found
    spent = time.process_time() - cpu
    return {
        "folded": read + folded,
        "refused": watcher.quarantined,
        "cpu_us": spent * 1e6 / folded,
        "grown_bytes": resident() - memory,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
