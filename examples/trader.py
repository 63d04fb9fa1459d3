"""The trader's side: publish what is forecast, serve what is live. Needs a server and `clm up`.

    CLM_REDIS_URL=redis://localhost:6379/0 python examples/trader.py

A random walk stands for the market; replace ``market`` by your feed and the features by your own.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

from producers import EventPublisher, ModelHandle

URL = os.environ.get("CLM_REDIS_URL", "redis://localhost:6379/0")
SCOPE = os.environ.get("CLM_SCOPE", "default")
ARTIFACTS = os.environ.get("CLM_ARTIFACTS", ".clm/artifacts")
SCHEMA, COLUMNS = "walk-v1", ("last_move",)
MINUTE = 60_000_000  # µs
BARS = 20


def market() -> Iterator[tuple[int, float]]:
    """The newest minutes: the close of each bar (µs UTC) and its move."""
    chance, now = random.Random(1), int(time.time()) // 60 * MINUTE
    for bar in range(BARS):
        yield now - (BARS - 1 - bar) * MINUTE, chance.gauss(0.0, 0.001)


def main() -> None:
    """Forecast each bar's move, and say a bar later what it was."""
    handle = ModelHandle.connect(URL, SCOPE, ARTIFACTS, columns=COLUMNS)
    handle.start()  # follows promotions and rollbacks in a thread
    prediction = None
    with EventPublisher(URL, SCOPE) as publisher:
        for at, move in market():
            if prediction is not None:
                publisher.outcome(prediction, move, at)
            publisher.input("WALK", at, SCHEMA, [move])  # what the model saw, before its forecast
            said = handle.predict("lightgbm", "WALK", at, [move], naive=0.0)
            prediction = publisher.prediction(
                model_type="lightgbm", version=said.version, symbol="WALK", at=at,
                horizon=1, value=said.value, naive=0.0,
            )  # fmt: skip
        sent = publisher.flush()
        print(f"published {BARS} bars, version {said.version}, all sent: {sent}")
    handle.stop()


if __name__ == "__main__":
    main()
