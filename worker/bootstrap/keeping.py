"""Keeping: how long the streams of a stage live, who must be done with them, and what comes after."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from clm.decisions import rollout as rollout_role
from clm.decisions import shadow as shadow_role
from clm.decisions import watch as watcher_role
from clm.events import position
from clm.learning.scoring import KEPT_ROWS
from clm.ports import EVENTS, INPUTS, STREAMS, Archive, Fence
from clm.steps.archiving import Archiver
from clm.steps.bundles import BundleKeeper
from clm.steps.history import START, History, Read
from clm.steps.needed_rows import NeededRows
from clm.steps.retention import Retention
from clm.store.event_log import StreamEntries
from worker.settings import Settings
from worker.stage import Stage

ARCHIVE = "archive"
"""The role that archives a scope, by one process at a time."""


def retention(settings: Settings, stage: Stage, fence: Fence | None = None) -> Retention:
    """What keeps the streams of the stage in bounds."""
    rows = NeededRows(stage.inputs, KEPT_ROWS)

    def archived(stream: str) -> dict[str, str]:
        return {} if settings.archive is None else {ARCHIVE: stage.trimming.archived().get(stream, START)}

    def events() -> dict[str, str]:
        saved = stage.checkpoints.cursors()
        staged = (rollout_role.ROLE,) if settings.policy().canary_shares else ()
        roles = (watcher_role.ROLE, shadow_role.ROLE, *staged)
        return {**{role: saved.get(role, START) for role in roles}, **archived(EVENTS)}

    def inputs() -> dict[str, str]:
        saved = stage.checkpoints.cursors()
        scoring = [shadow_role.ROLE, *([rollout_role.ROLE] if settings.policy().canary_shares else [])]
        oldest = min((saved.get(role, START) for role in scoring), key=position)
        return {shadow_role.ROLE: rows.done(oldest), **archived(INPUTS)}

    return Retention(stage.trimming, {EVENTS: events, INPUTS: inputs}, settings.limits, fence)


def bundles(settings: Settings, stage: Stage) -> BundleKeeper | None:
    """What removes bundles that nobody may need; None where all are kept."""
    if settings.keep_bundles is None:
        return None
    models = settings.policy().models
    return BundleKeeper(stage.registry, stage.artifacts, models, settings.keep_bundles)


def history(stage: Stage, stream: str) -> History:
    """A stream of the stage from its beginning: the archive first, then the server."""
    return History(stream, _live(stage, stream), stage.archive, stage.trimming.genesis(stream))


def archiver(stage: Stage, archive: Archive, fence: Fence, renew: Callable[[], None]) -> Archiver:
    """What copies the stage's streams into an archive."""
    return Archiver(archive, {each: _live(stage, each) for each in STREAMS}, stage.trimming, fence, renew)


def _live(stage: Stage, stream: str) -> Read:
    return partial(StreamEntries(stage.space, stage.keys).read, stream)
