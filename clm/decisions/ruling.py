"""A ruling: what a rule says of a candidate, and on what figures."""

from __future__ import annotations

import math
from dataclasses import dataclass

PROMOTE, REJECT, UNDECIDED = "promote", "reject", "undecided"
"""What is said of a candidate."""

ROLLBACK, PASSED, UNWATCHED = "rollback", "passed", "unwatched"
"""How the probation of a promoted version ends; the last when the replaced one can say no more."""


@dataclass(frozen=True)
class Ruling:
    """A verdict with what it was based on."""

    result: str  # promote, reject or undecided
    reason: str
    statistic: float = math.nan
    limit: float = math.nan
