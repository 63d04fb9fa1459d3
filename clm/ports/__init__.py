"""The ports: what the use cases need from the outside, each with a twin in memory.

The seed's six stand in ``seed``; the others carry the event-driven system.
"""

from __future__ import annotations

from clm.decisions.route import Route
from clm.decisions.shadow import Scorer
from clm.ports.registry import LOOKED_THROUGH, ArtifactStore, Registry, Witness
from clm.ports.roles import Checkpoints, Fence, Ownership, Progress
from clm.ports.runs import Job, JobQueue, RunRecord, Runs
from clm.ports.seed import (
    DataClient,
    FeatureEngineer,
    ModelEvaluator,
    ModelRegistry,
    ModelTrainer,
    RefittingTrainer,
    ShadowTester,
    WarmTrainer,
)
from clm.ports.streams import (
    EVENTS,
    INPUTS,
    STREAMS,
    Admitted,
    Archive,
    DecisionLog,
    Entries,
    Entry,
    EventLog,
    InputLog,
    InputRows,
    Loss,
    Reason,
    Refusal,
    Trimming,
)

__all__ = [
    "EVENTS",
    "INPUTS",
    "LOOKED_THROUGH",
    "STREAMS",
    "Admitted",
    "Archive",
    "ArtifactStore",
    "Checkpoints",
    "DataClient",
    "DecisionLog",
    "Entries",
    "Entry",
    "EventLog",
    "FeatureEngineer",
    "Fence",
    "InputLog",
    "InputRows",
    "Job",
    "JobQueue",
    "Loss",
    "ModelEvaluator",
    "ModelRegistry",
    "ModelTrainer",
    "Ownership",
    "Progress",
    "Reason",
    "RefittingTrainer",
    "Refusal",
    "Registry",
    "Route",
    "RunRecord",
    "Runs",
    "Scorer",
    "ShadowTester",
    "Trimming",
    "WarmTrainer",
    "Witness",
]
