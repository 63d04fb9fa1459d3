"""Recall: which version that served before is asked back when its regime is. Rule ``regime-recall-1``.

Versions are compared by the share of the naive forecast's loss that their own pairs in that regime lost:
errors of different weeks differ in size, and naive meets the same ones. The best of those with enough
outcomes is asked back if it lost less than naive, and less than the version that serves where that one is
known well enough. Being asked back is no verdict: the shadow scores it like any candidate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clm.policy import Policy

EVEN = 1.0
"""The share of naive's loss at which a version is worth nothing."""


@dataclass(frozen=True)
class Recall:
    """A version to be asked back."""

    version: str
    ratio: float  # its loss in the regime over naive's on the same pairs
    limit: float  # what it had to stay below: the active version's ratio, or 1
    outcomes: int  # effective ones behind its ratio


def recall(records: Mapping[str, Sequence[float]], active: str, policy: Policy) -> Recall | None:
    """The version to ask back; None: none that is known well enough was better.

    Parameters:
        records: version -> effective outcomes (pairs / horizon), loss and naive's loss (sums of absolute
            errors, target units) in the regime; of the versions that may be asked back, and of the active.

    >>> records = {"v1": (90, 6.0, 10.0), "v2": (90, 5.0, 10.0), "v3": (9, 1.0, 10.0), "v4": (90, 8.0, 10.0)}
    >>> recall(records, "v4", Policy())
    Recall(version='v2', ratio=0.5, limit=0.8, outcomes=90)
    >>> recall(records, "v2", Policy()) is None
    True
    """
    if not policy.regime_recall or policy.shadow_test_hours == 0:  # nobody would score it
        return None
    known = {
        version: (loss / naive, int(outcomes))
        for version, (outcomes, loss, naive) in records.items()
        if outcomes >= policy.min_effective_outcomes and naive > 0
    }
    limit = min(known.pop(active, (EVEN, 0))[0], EVEN)
    if not known:
        return None
    version = min(known, key=lambda each: (known[each][0], each))
    ratio, outcomes = known[version]
    return Recall(version, ratio, limit, outcomes) if ratio < limit else None
