"""Receipts: does a decision follow from what it says that it saw? Pure, from the record alone.

A record holds its evidence, the digest of it and the thresholds that were in force. What a rule makes of them
is computed again; what rests on an event that is not in the evidence is said to.
"""

from __future__ import annotations

from dataclasses import dataclass

from clm.decisions import retrain_receipt, rollout, stage_receipt, verdict_receipt
from clm.decisions.recount import Recount
from clm.policy import Policy
from clm.records import Decision, digest


@dataclass(frozen=True)
class Receipt:
    """A decision, and what its own evidence leads to."""

    decision: Decision
    basis: str  # what was computed again
    faults: tuple[str, ...]  # where that differs from what was decided

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return not self.faults


def receipt(decision: Decision, policy: Policy) -> Receipt:
    """Compute a decision again.

    Parameters:
        policy: in force now; its thresholds stand in where the record holds none, as under ``seed``.
    """
    found = _applied(decision, policy)
    faults = list(found.faults)
    if not decision.intact():
        faults.append("the record was altered: its hash is another one's")
    if decision.inputs_sha256 != digest(decision.evidence):
        faults.append("the digest is not that of the evidence")
    return Receipt(decision, found.basis, tuple(faults))


def _applied(decision: Decision, policy: Policy) -> Recount:
    if decision.role == rollout.ROLE:
        return stage_receipt.check(decision)
    checks = {"watcher": retrain_receipt.check, "shadow": verdict_receipt.check}
    check = checks.get(decision.role)
    if check is None:
        return Recount("its hash and digest: a move is ruled by its cause", ())
    if decision.policy != policy.name and "thresholds" not in decision.evidence:
        return Recount(f"its hash and digest: it was made by policy {decision.policy}, not in force now", ())
    return check(decision, policy)
