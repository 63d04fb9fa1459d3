"""A stage: every adapter of one scope, on one server or in memory."""

from __future__ import annotations

from dataclasses import dataclass

from clm.ports import (
    Archive,
    ArtifactStore,
    Checkpoints,
    DecisionLog,
    EventLog,
    InputLog,
    JobQueue,
    Ownership,
    Progress,
    Registry,
    Runs,
    Trimming,
    Witness,
)
from clm.scope import Scope
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The adapters of one scope."""

    scope: Scope
    space: Keyspace
    keys: Keys
    events: EventLog
    inputs: InputLog
    decisions: DecisionLog
    checkpoints: Checkpoints
    ownership: Ownership
    progress: Progress
    runs: Runs
    trimming: Trimming
    queue: JobQueue
    registry: Registry
    artifacts: ArtifactStore
    witness: Witness  # of the decision log's heads
    archive: Archive | None = None  # of cut entries; None: there is none
