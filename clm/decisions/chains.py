"""Chains: what is wrong with a decision log, seen from itself, from its heads, and from its routes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from clm.decisions.route import Route
from clm.model import NAIVE
from clm.records import REGISTRY, Decision, Head

Heads = Mapping[str, Head]
"""Role -> the newest link of its chain, as somebody saw it at some moment."""


def broken_links(logged: Sequence[Decision]) -> list[str]:
    """What is wrong with the chains of a log, a line each."""
    heads: dict[str, Head] = {}
    faults = []
    for decision in logged:
        head = heads.get(decision.role, Head())
        if not decision.intact():
            faults.append(f"{decision.id} was altered: its hash is not that of its record")
        if (decision.n, decision.prev) != (head.n + 1, head.hash):
            faults.append(
                f"{decision.id} does not follow {decision.role}-{head.n}: a record is missing or changed"
            )
        heads[decision.role] = head.after(decision)
    return faults


def forgotten(logged: Iterable[Decision], seen: Iterable[Heads]) -> list[str]:
    """What heads that were kept elsewhere know of and the log does not: it was cut or written anew.

    Parameters:
        seen: heads, each of a moment before the log was read.
    """
    known = {decision.id: decision.hash for decision in logged}
    faults: dict[str, None] = {}  # in the order they are found, each once
    for heads in seen:
        for role, head in heads.items():
            link = f"{role}-{head.n}"
            if head.n and link not in known:
                faults[f"{link} was written and is gone: the log was cut"] = None
            elif head.n and known[link] != head.hash:
                faults[f"{link} was written with another hash: the log was written anew"] = None
    return list(faults)


def unmoved(logged: Iterable[Decision], routes: Mapping[str, Route]) -> list[str]:
    """Where the registry's decisions and its routes disagree.

    Parameters:
        routes: model type -> its route at a moment before the log was read.
    """
    faults, ends = [], dict[tuple[str, int], str]()  # (model type, epoch) -> active version
    for each in (decision for decision in logged if decision.role == REGISTRY):
        start, end, epoch = (each.evidence.get(name) for name in ("from", "to", "epoch"))
        before = ends.get((each.model_type, int(epoch or 0) - 1), NAIVE if epoch == 1 else None)
        if start != before:
            faults.append(f"{each.id} moves {each.model_type} from {start}, which was on {before}")
        ends[each.model_type, int(epoch or 0)] = str(end)
    for name, route in routes.items():
        if route.epoch and ends.get((name, route.epoch)) != route.active:
            told = ends.get((name, route.epoch), "no decision")
            faults.append(f"{name} is on {route.active} at epoch {route.epoch}, the log says {told}")
    return faults
