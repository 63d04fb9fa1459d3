"""Contrast: in what a dry run differs from what the acting policy decided. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from clm.decisions.ruling import PROMOTE, REJECT, ROLLBACK
from clm.decisions.watch import RECALL
from clm.records import Decision

RETRAIN, OPEN = "retrain", "open"
"""The watcher's kind; and what is said of a candidate of which one of the two has said nothing yet."""

Pair = tuple[int, int]
"""Of the acting policy, and of the dry run."""


@dataclass(frozen=True)
class Contrast:
    """Both beside each other, for one model type."""

    model_type: str
    retrains: Mapping[str, Pair]  # by trigger
    recalls: Pair  # versions that were asked back
    promoted: Pair  # candidates
    rejected: Pair
    rollbacks: Pair
    differing: Sequence[tuple[str, str, str]]  # version, what the acting policy ruled, what the dry run did

    @property
    def decided(self) -> Pair:
        """Retrains of all triggers."""
        acting, dry = (sum(each[side] for each in self.retrains.values()) for side in (0, 1))
        return acting, dry


def contrast(acting: Iterable[Decision], dry: Iterable[Decision]) -> list[Contrast]:
    """What two logs say, by model type in the order of their names.

    A candidate is differing where both have not ruled alike by now; its last verdict counts.
    """
    logs = [list(acting), list(dry)]
    names = sorted({each.model_type for log in logs for each in log if _counts(each)})
    return [_of(name, *([each for each in log if each.model_type == name] for log in logs)) for name in names]


def _counts(decision: Decision) -> bool:
    return decision.role == "shadow" or (decision.role == "watcher" and decision.kind in (RETRAIN, RECALL))


def _of(name: str, acting: list[Decision], dry: list[Decision]) -> Contrast:
    logs = acting, dry
    retrains = [Counter(str(each.trigger) for each in log if each.kind == RETRAIN) for log in logs]
    verdicts = [
        {str(each.version): each.kind for each in log if each.kind in (PROMOTE, REJECT)} for log in logs
    ]
    versions = list(dict.fromkeys([*verdicts[0], *verdicts[1]]))
    ruled = [(each, *(told.get(each, OPEN) for told in verdicts)) for each in versions]
    return Contrast(
        model_type=name,
        retrains={
            each: _both(counts[each] for counts in retrains) for each in sorted({*retrains[0], *retrains[1]})
        },
        recalls=_both(sum(each.kind == RECALL for each in log) for log in logs),
        promoted=_both(list(told.values()).count(PROMOTE) for told in verdicts),
        rejected=_both(list(told.values()).count(REJECT) for told in verdicts),
        rollbacks=_both(sum(each.kind == ROLLBACK for each in log) for log in logs),
        differing=[(each, first, second) for each, first, second in ruled if first != second],
    )


def _both(counts: Iterable[int]) -> Pair:
    first, second = counts
    return first, second
