"""``python -m clm.store.compiled``: compile the loops over events now, so that no process waits for it later.

What is compiled is kept beside its source, or in the user's cache where that cannot be written.
"""

from __future__ import annotations

import numpy as np

from clm.decisions.detectors import Detectors
from clm.decisions.join import Pair
from clm.decisions.layout import SCORE
from clm.decisions.points import Points
from clm.decisions.sequential import holdout_gate
from clm.decisions.sequential.baseline import Baseline
from clm.decisions.sequential.duel import Duel
from clm.decisions.sequential.duel_rules import DuelRules
from clm.decisions.sequential.probation import Probation
from clm.decisions.watch import WatcherFold
from clm.events import Outcome, Prediction, tick
from clm.policy import SEQUENTIAL, Policy
from clm.ports import Entries
from clm.scope import Scope
from clm.store.batch import encode_batches
from clm.store.codec import encode
from clm.store.decoder import Decoder


def main() -> None:
    """Decode and fold a prediction and its outcome, twice: the second time without the reference.

    The tick beside them is what the scan leaves to the reference; what follows is what happens rarely.
    """
    policy, decode = Policy(), Decoder(Scope(), frozenset({"lightgbm"}))
    fold = WatcherFold(Scope(), policy)
    for n in (0, 2):
        said = Prediction(
            p="t", n=n, at=n, model_type="lightgbm", version="v", symbol="A", horizon=1, value=1.0, naive=0.0
        )
        (batch,) = encode_batches([said, Outcome(p="t", n=n + 1, at=n, of=("t", n), value=1.0)])
        fold.fold(decode(Entries([b"9-0", b"9-1"], [batch, encode(tick(n))]), fold.names))
        fold.health.observe(Pair(said, 1.0, n))
    state = fold.state()
    assert not fold.intake.gaps
    WatcherFold(Scope(), policy).restore(state)
    Points(1).drop(0, 0)
    alarm()
    trial()


def alarm() -> None:
    """Watch for decay from a hold-out on, and take an alarm down."""
    at = np.arange(48)
    baseline = Baseline.of(1.0 + at, 0.0 * at, 2.0 + at, at, 1)
    detectors = Detectors(1, Policy(name=SEQUENTIAL))
    detectors.begin(0, baseline.plain())
    detectors.alarms(0, SCORE, 0)


def trial() -> None:
    """Judge a hold-out, fight a duel over it, and watch over the winner."""
    active, candidate = np.sin(np.arange(500.0)), np.cos(np.arange(500.0))
    holdout_gate.judged(candidate, active, active, 1)
    duel = Duel(DuelRules())
    duel.update_many(active, candidate)
    assert duel.standing.rows
    Probation(known=(candidate, active)).renewed().update(1.0, 1.0)


if __name__ == "__main__":
    main()
