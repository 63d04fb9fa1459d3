"""An event of every kind, and the bytes of one with a field changed."""

from typing import Any

import msgpack

from clm.events import (
    Command,
    Event,
    Moved,
    Outcome,
    Prediction,
    Refused,
    Regime,
    Run,
    Verdict,
    tick,
)
from clm.store.codec import encode

PREDICTION = Prediction(
    p="trader-1", n=7, at=1_000_000, model_type="xgboost", version="v1", symbol="AAPL", horizon=1,
    value=-3.5, naive=-3.25,
)  # fmt: skip
EVENTS: list[Event] = [
    PREDICTION,
    Outcome(p="t", n=1, at=2, of=("trader-1", 7), value=0.5),
    Regime(p="t", n=1, at=2, regime="volatile"),
    Regime(p="t", n=1, at=2, regime="calm", confidence=0.75, symbol="IBM"),
    tick(120_000_000),
    Command(p="op", n=0, at=2, action="retrain", models=("xgboost",), actor="ann", reason="why not? " * 50),
    Run(p="run:w-1", n=0, at=2, run="w-1", model_type="xgboost", cause="w-1", phase="started", as_of=2),
    Run(
        p="run:w-1",
        n=1,
        at=2,
        run="w-1",
        model_type="xgboost",
        cause="w-1",
        phase="candidate",
        version="v1",
        sha256="ab" * 32,
        as_of=2,
        training_range=(-5, 2),
        schema="daily-1",
        evaluation={"rmse": 0.5, "rows": 3},
    ),
    Verdict(p="shadow", n=1, at=2, model_type="xgboost", version="v1", result="reject", decision="shadow-1"),
    Moved(
        p="registry",
        n=1,
        at=2,
        model_type="xgboost",
        epoch=1,
        from_version="naive",
        to_version="v1",
        cause="shadow-1",
        actor="clm",
    ),
    Refused(
        p="refused:shadow-1",
        n=0,
        at=2,
        model_type="xgboost",
        epoch=1,
        from_version="v1",
        to_version="v2",
        cause="shadow-1",
        actor="clm",
    ),
]


def wire(**changes: Any) -> bytes:
    """The bytes of ``PREDICTION`` with some fields changed; None removes one."""
    fields = {**msgpack.unpackb(encode(PREDICTION)), **changes}
    return bytes(msgpack.packb({name: value for name, value in fields.items() if value is not None}))
