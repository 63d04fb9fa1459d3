"""CLM, the Continuous Learning Manager: keeps the models of a live trader good.

The public names are loaded on first use, so that ``import clm`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "CLOCK": "clm.events",
    "ClmError": "clm.errors",
    "ContinuousLearningManager": "clm.manager",
    "CycleReport": "clm.model",
    "DataClient": "clm.ports",
    "Decision": "clm.records",
    "EvaluationResult": "clm.model",
    "FeatureEngineer": "clm.ports",
    "ModelArtifact": "clm.model",
    "ModelEvaluator": "clm.ports",
    "ModelPolicy": "clm.policy",
    "ModelRegistry": "clm.ports",
    "ModelStatus": "clm.model",
    "ModelTrainer": "clm.ports",
    "ModelType": "clm.model",
    "NAIVE": "clm.model",
    "Policy": "clm.policy",
    "RetrainTrigger": "clm.model",
    "Scope": "clm.scope",
    "ShadowTestResult": "clm.model",
    "ShadowTester": "clm.ports",
}

__version__ = "0.1.0"
__all__ = sorted(_HOME)  # noqa: PLE0605  (built from the table above, so that a name stands once)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'clm' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
