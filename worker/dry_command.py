"""``clm dry-run``: in what the policy that only runs beside differs from the acting one."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict

from clm.decisions.contrast import Contrast, contrast
from worker import bootstrap
from worker.operations import logged, opened, tell

SHOWN = 8
"""Candidates that are listed, the newest; ``--json`` has all."""


def differences(arguments: argparse.Namespace) -> int:
    """Print, by model type, what both decided and on which candidates they differ."""
    settings, stage = opened(arguments)
    policy = settings.required_dry_policy()
    found = contrast(logged(stage), bootstrap.dry_decisions(stage, policy))
    head = f"{settings.policy().name} acts, {policy.name} beside it: {settings.fields.dry_run}"
    facts = {"acting": settings.policy().name, "dry": policy.name, "models": [asdict(each) for each in found]}
    return tell(arguments, facts, [head, *(line for each in found for line in lines(each))])


def lines(found: Contrast) -> Iterator[str]:
    """One model type for a person: acting / dry."""
    triggers = ", ".join(f"{name} {first}/{second}" for name, (first, second) in found.retrains.items())
    pairs = (
        ("retrains", found.decided),
        ("recalls", found.recalls),
        ("promoted", found.promoted),
        ("rejected", found.rejected),
    )
    counts = ", ".join(f"{name} {first}/{second}" for name, (first, second) in pairs)
    yield f"{found.model_type:<12} {counts}, rollbacks {found.rollbacks[0]}/{found.rollbacks[1]}"
    if triggers:
        yield f"{'':<12} {triggers}"
    for version, acting, dry in found.differing[-SHOWN:]:
        yield f"{'':<12} {version:<18} {acting}, beside it {dry}"
