"""Promoting: from evaluation and shadow to a ruling, and from a ruling to the registry's move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clm.decisions.promotion import PROMOTE, REJECT, UNDECIDED, Ruling, decide
from clm.model import EvaluationResult, ModelArtifact, ModelType, ShadowTestResult
from clm.policy import Policy
from clm.ports import LOOKED_THROUGH, ModelRegistry, ShadowTester
from clm.steps.workshop import guarded


class Promoter:
    """Rules on candidates by the policy, and moves the registry as ruled."""

    def __init__(self, registry: ModelRegistry, policy: Policy) -> None:
        self._registry, self._policy = registry, policy

    def rule(self, evaluation: EvaluationResult, shadow: ShadowTestResult | None) -> Ruling:
        """The verdict on a candidate, with what is known so far."""
        return decide(evaluation, shadow, self._policy, first=self._first(evaluation.model_type))

    def to_shadow(
        self,
        artifacts: Mapping[ModelType, ModelArtifact],
        results: Mapping[ModelType, EvaluationResult],
    ) -> dict[ModelType, ModelArtifact]:
        """The candidates about which the evaluation alone does not decide."""
        judged = {each: artifacts[each] for each in artifacts if each in results}
        return {
            each: artifact
            for each, artifact in judged.items()
            if self.rule(results[each], None).result == UNDECIDED
        }

    def shadow(
        self, tester: ShadowTester, artifact: ModelArtifact, evaluation: EvaluationResult | None = None
    ) -> ShadowTestResult:
        """Run a candidate beside the active version.

        A tester with ``bound(candidate, active)`` is told first which versions the models are, one with
        ``after(promoted)`` which of the type's earlier candidates were promoted (oldest first; each has spent
        a level), and one with ``taught(evaluation)`` what the hold-out has taught, where that is known.

        Raises:
            TrainingFailed: the tester raised; the cause is chained.
            ClmError: as the tester raised it.
        """
        model_type = artifact.model_type
        active = self._registry.get_active(model_type)
        bound = getattr(tester, "bound", None)
        told: ShadowTester = tester if bound is None else bound(artifact, active)
        after = getattr(told, "after", None)
        told = told if after is None else after(self._earlier(artifact))
        taught = getattr(told, "taught", None)
        if taught is not None and evaluation is not None:
            told = taught(evaluation)
        hours: Any = self._policy.shadow_test_hours  # an int in the seed's port, a fraction in the policy
        models = artifact.model_object, active.model_object if active else None
        return guarded(
            f"shadow of {model_type.value}",
            lambda: told.run_shadow_test(model_type, *models, hours=hours),
        )

    def carry_out(self, artifact: ModelArtifact, ruling: Ruling) -> str:
        """Promote or retire a candidate as ruled; what was ruled."""
        if ruling.result == PROMOTE:
            self._registry.promote(artifact.model_type, artifact.version)
        elif ruling.result == REJECT:
            self._registry.retire(artifact.model_type, artifact.version)
        return ruling.result

    def _earlier(self, artifact: ModelArtifact) -> list[bool]:
        """Whether each earlier candidate was promoted, oldest first; a first model had no trial to win."""
        history = self._registry.get_model_history(artifact.model_type, limit=LOOKED_THROUGH)
        earlier = [each for each in reversed(history) if each.version != artifact.version]
        return [each.activated_at is not None and each.parent is not None for each in earlier]

    def _first(self, model_type: ModelType) -> bool:
        """Whether no trained version was ever active."""
        if self._registry.get_active(model_type) is not None:
            return False
        history = self._registry.get_model_history(model_type, limit=LOOKED_THROUGH)
        return all(artifact.activated_at is None for artifact in history)
