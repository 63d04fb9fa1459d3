"""Hindsight: what the recorded events of a stage say, derived again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from clm.decisions import rollout as rollout_role
from clm.decisions import shadow as shadow_role
from clm.decisions import watch as watcher_role
from clm.decisions.block import Block
from clm.decisions.names import Names
from clm.decisions.shadow import ShadowFold
from clm.decisions.watch import WatcherFold
from clm.events import Event
from clm.model import ModelType, RetrainTrigger, ShadowTestResult
from clm.policy import Policy
from clm.ports import EVENTS, INPUTS, Loss
from clm.records import Decision
from clm.steps.consume import Fold
from clm.steps.history import START, History
from clm.store.decoder import Decoder
from clm.store.event_log import ArchivedInputLog
from clm.store.losses import losses as stored_losses
from worker.bootstrap.keeping import history
from worker.bootstrap.roles import admission, known, rollout_fold, shadow, shadow_fold, watcher
from worker.stage import Stage


class Folds(Protocol):
    """What recorded events are folded by."""

    @property
    def names(self) -> Names: ...
    def fold(self, block: Block) -> list[Decision]: ...


def recorded(stage: Stage, policy: Policy) -> Iterator[Event]:
    """Every admitted event of the stage, oldest first; what was quarantined is passed over.

    Raises:
        IncompleteHistory: the oldest were cut and are in no archive.
    """
    whole = history(stage, EVENTS)
    whole.check()
    return _admitted(stage, policy, whole)


def _admitted(stage: Stage, policy: Policy, whole: History) -> Iterator[Event]:
    admitted, cursor = admission(stage, policy), START
    while entries := whole.read(cursor):
        for entry in entries:
            cursor = entry.id
            yield from (event for _, event in admitted(entry).rows)


def derived(stage: Stage, policy: Policy) -> Iterator[Decision]:
    """Every decision of watcher, shadow and rollout, derived again from the recorded stream."""
    inputs = history(stage, INPUTS)
    inputs.check()
    rows = ArchivedInputLog(inputs.read)
    whole = history(stage, EVENTS)
    whole.check()
    folds: tuple[Fold, ...] = (WatcherFold(stage.scope, policy), shadow_fold(stage, policy, rows))
    if policy.canary_shares:
        folds = (*folds, rollout_fold(stage, policy, rows))
    for fold in folds:
        yield from folded(fold, Decoder(stage.scope, known(policy)), whole)


def folded(fold: Folds, decode: Decoder, whole: History, cursor: str = START) -> Iterator[Decision]:
    """The decisions that a history brings from an entry on, as they are made."""
    while (entries := whole.take(cursor)).ids:
        cursor = entries.ids[-1].decode()
        yield from fold.fold(decode(entries, fold.names))


def due(stage: Stage, policy: Policy) -> dict[ModelType, RetrainTrigger | None]:
    """Which retrains would be due now: from the watcher's checkpoint, and the events since."""
    onlooker = watcher(stage, policy)
    onlooker.resume()
    fold = onlooker.fold
    assert isinstance(fold, WatcherFold)
    whole = history(stage, EVENTS)
    if onlooker.cursor == START:
        whole.check()
    for _ in folded(fold, Decoder(stage.scope, known(policy)), whole, onlooker.cursor):
        pass
    return {each: fold.due(each) for each in policy.models}


def trials(stage: Stage, policy: Policy) -> list[ShadowTestResult]:
    """How the open trials stood when the shadow last saved its state."""
    onlooker = shadow(stage, policy)
    onlooker.resume()
    fold = onlooker.fold
    assert isinstance(fold, ShadowFold)
    return [bout.trial.result(fold.intake.clock, policy) for bout in fold.open if bout.trial]


def underived(stage: Stage, policy: Policy, logged: list[Decision]) -> list[str]:
    """What the log says that the recorded stream does not, and the other way round, a line each."""
    roles = (watcher_role.ROLE, shadow_role.ROLE, *((rollout_role.ROLE,) if policy.canary_shares else ()))
    known = {each.id: each.canonical() for each in logged if each.role in roles}
    again = {each.id: each.canonical() for each in derived(stage, policy)}
    differing = sorted(name for name in known.keys() | again.keys() if known.get(name) != again.get(name))
    return [f"{name} does not follow from the recorded events" for name in differing]


def losses(stage: Stage) -> list[Loss]:
    """What producers could not publish."""
    return stored_losses(stage.space, stage.keys)


def facts(stage: Stage, policy: Policy) -> Mapping[str, int]:
    """Counts of the recorded stream: predictions, joined outcomes, quarantined entries."""
    fold = WatcherFold(stage.scope, policy)
    for _ in folded(fold, Decoder(stage.scope, known(policy)), history(stage, EVENTS)):
        pass
    return {
        "predictions": fold.join.predictions,
        "joined": fold.join.joined,
        "quarantined": stage.space.length(stage.keys.quarantine),
    }
