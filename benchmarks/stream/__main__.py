"""``make bench-stream``: measure every row, print the table, write ``benchmarks/out/stream.json``."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.stream import consuming, deciding, enqueuing, memory, publishing, report, starting
from benchmarks.stream.figure import Figure
from benchmarks.stream.goals import GOALS
from benchmarks.stream.sizes import QUICK, Sizes
from clm.store.embedded import Embedded

Section = Callable[[str, Sizes], Iterator[Figure]]

SECTIONS: Mapping[str, Section] = {
    "publishing": publishing.measure,
    "memory": memory.measure,
    "deciding": deciding.measure,
    "enqueuing": enqueuing.measure,
    "starting": starting.measure,
    "consuming": consuming.measure,
    "scopes": consuming.two_scopes,
}

BENCH = Bench("bench-stream", str(__doc__), GOALS, Figure, report.OUT)


def main() -> int:
    """0: every row was measured, whether or not its goal is reached."""
    options = BENCH.parser().parse_args()
    sizes = QUICK if options.quick else Sizes()

    def measure(section: str, _: frozenset[str]) -> Iterator[Figure]:
        """Each section on a server of its own."""
        with tempfile.TemporaryDirectory(prefix="clm-bench-") as home, Embedded(Path(home)) as url:
            yield from SECTIONS[section](url, sizes)

    return BENCH.run(options, measure)


if __name__ == "__main__":
    sys.exit(main())
