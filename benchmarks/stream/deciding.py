"""From the publish call to the decision: the real publisher and watcher, beside a PING at the same pace."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.stream.crew import at, serving
from benchmarks.stream.figure import Figure, shown
from benchmarks.stream.patience import until
from benchmarks.stream.percentiles import percentile, percentiles
from benchmarks.stream.rival import BrokenRun
from benchmarks.stream.scene import staged
from benchmarks.stream.sizes import Sizes
from benchmarks.stream.stock import course
from benchmarks.stream.wire import Wire
from clm.decisions.watch import ROLE
from producers import EventPublisher

PACE_S = 0.005
"""Between two commands, and between two PINGs, half of it apart."""

SETTLE = 50
"""Commands and PINGs before those that count."""

MODEL = "xgboost"


def measure(url: str, sizes: Sizes) -> Iterator[Figure]:
    """The row of this section: each command brings one decision."""
    on, wire, asked = course(url, "bench-deciding"), Wire(url), sizes.decided + SETTLE
    log = staged(url, on.scope).decisions
    with serving(on, "watcher") as crew, EventPublisher(url, on.scope) as publisher:
        published: dict[str, int] = {}
        pings = []
        for number in range(asked):
            published[f"{publisher.p}-{number}"] = time.monotonic_ns()
            publisher.command("retrain", (MODEL,), reason="bench")
            if not number:  # what the watcher compiles is compiled now
                until(lambda: log.head(ROLE).n, "a command is decided")
            time.sleep(PACE_S / 2)
            pings.append(wire.ping_ns())
            time.sleep(PACE_S / 2)
        wire.close()
        until(lambda: log.head(ROLE).n == asked, "every command is decided")
        noted = crew.noted("watcher")
    decided, told = at(noted, 2), list(published.values())
    read = [when - then for when, then in zip(at(noted).values(), told, strict=True)][SETTLE:]
    taken = [when - published[name] for name, when in decided.items() if name in published][SETTLE:]
    if len(taken) != sizes.decided:
        raise BrokenRun(f"{len(taken)} of {sizes.decided} commands were decided")
    raw = {
        "unit": "µs",
        "publish_to_read": percentiles(read, 1e-3),
        "publish_to_decision": percentiles(taken, 1e-3),
        "ping": percentiles(pings[SETTLE:], 1e-3),
        "pace_per_second": shown(1 / PACE_S),
    }
    yield Figure("decision_over_ping", shown(percentile(taken, 0.5) / percentile(pings[SETTLE:], 0.5)), raw)
