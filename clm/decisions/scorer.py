"""The scorer: what a candidate would have forecast, and what its failing says of it."""

from __future__ import annotations

import math
from typing import Protocol

from clm.errors import ClmError, MissingLibrary, RefusedByServer, UnreachableServer
from clm.events import Prediction, moment

NOT_ITS_FAULT = (UnreachableServer, RefusedByServer, MissingLibrary)
"""What a scorer raises when the process lacks something, which says nothing of the candidate."""


class Scorer(Protocol):
    """The forecast of a stored bundle for one input row that the trader published.

    One whose calls hold several windows says by an attribute ``multiple`` of how many they are a multiple.
    """

    def __call__(self, sha256: str, symbol: str, at: int) -> float | None:
        """Target units; None where the history is too short; NaN if the model gave no number.

        Raises:
            ClmError: the bundle cannot be used: corrupt, or it lacks features.
            UnreachableServer, RefusedByServer, MissingLibrary: it could not be tried here and now.
        """


def multiple_of(score: Scorer) -> int:
    """The windows of which a scorer's blocks are a multiple: the last bits of a forecast depend on it."""
    return int(getattr(score, "multiple", 1))


def forecast(score: Scorer, sha256: str, beside: Prediction) -> tuple[float | None, str]:
    """What a bundle says beside a prediction of the active version, and what is critical about it.

    The forecast is None where the history is too short; the fault is empty if there is none.

    Raises:
        UnreachableServer, RefusedByServer, MissingLibrary: as the scorer did.
    """
    try:
        value = score(sha256, beside.symbol, beside.at)
    except NOT_ITS_FAULT:
        raise
    except ClmError as error:
        return None, str(error)
    if value is None or math.isfinite(value):
        return value, ""
    return None, f"forecast {value} of {beside.symbol} at {moment(beside.at):%Y-%m-%d %H:%M}"
