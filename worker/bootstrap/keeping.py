"""Keeping: how long the streams of a stage live, and who must be done with them."""

from __future__ import annotations

from clm.decisions import shadow as shadow_role
from clm.decisions import watch as watcher_role
from clm.learning.scoring import KEPT_ROWS
from clm.ports import EVENTS, INPUTS, Fence
from clm.steps.needed_rows import NeededRows
from clm.steps.retention import Retention
from worker.settings import Settings
from worker.stage import Stage

ARCHIVE = "archive"
START = "0-0"


def retention(settings: Settings, stage: Stage, fence: Fence | None = None) -> Retention:
    """What keeps the streams of the stage in bounds."""
    rows = NeededRows(stage.inputs, KEPT_ROWS)

    def archived(stream: str) -> dict[str, str]:
        return {} if settings.archive is None else {ARCHIVE: stage.trimming.archived().get(stream, START)}

    def events() -> dict[str, str]:
        saved = stage.checkpoints.cursors()
        roles = (watcher_role.ROLE, shadow_role.ROLE)
        return {**{role: saved.get(role, START) for role in roles}, **archived(EVENTS)}

    def inputs() -> dict[str, str]:
        saved = stage.checkpoints.cursors().get(shadow_role.ROLE, START)
        return {shadow_role.ROLE: rows.done(saved), **archived(INPUTS)}

    return Retention(stage.trimming, {EVENTS: events, INPUTS: inputs}, settings.limits, fence)
