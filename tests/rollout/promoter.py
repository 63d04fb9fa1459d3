"""One of several promoters that race: it looks, and then moves the route by what it saw a moment ago."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from clm.decisions.moves import (
    ABORTED,
    APPROVALS,
    APPROVED,
    CANARY,
    FROZEN,
    PINNED,
    RESUMED,
    UNLOCKED,
    UNPINNED,
    Move,
)
from clm.errors import IllegalMove, StaleEpoch
from clm.model import ModelStatus, ModelType
from clm.records import PROMOTED, ROLLED_BACK
from clm.store.artifact_record import unpack_artifact
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace
from clm.store.registry import RouteRegistry
from tests.rollout.linear import Call
from tests.rollout.spec import CLM, ILLEGAL, STALE

TYPE = ModelType.XGBOOST
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "promote": (PROMOTED, ("epoch", "version")),
    "rollback": (ROLLED_BACK, ()),
    "canary": (CANARY, ("epoch", "version", "share")),
    "abort": (ABORTED, ()),
    "pin": (PINNED, ()),
    "unpin": (UNPINNED, ()),
    "freeze": (FROZEN, ()),
    "resume": (RESUMED, ()),
    "unlock": (UNLOCKED, ("version",)),
    "approve": (APPROVED, ("version",)),
    "want": (APPROVALS, ("number",)),
}
"""The model's word -> the registry's kind of move and the names of its arguments."""

VERSIONS = tuple("ABCDEF")
SHARES = (0.1, 0.5)


@dataclass(frozen=True)
class Desk:
    """Where one caller works."""

    registry: RouteRegistry
    space: Keyspace
    keys: Keys
    process: int = 0  # its number
    out: int = 0  # descriptor of a file to which it appends whole lines

    def perform(self, operation: Sequence[Any], cause: str) -> Any:
        """What the registry answers, in the words of the model."""
        word = operation[0]
        if word == "look":
            route = self.registry.route(TYPE)
            return [route.epoch, route.active, route.canary, route.share]
        if word == "census":
            rows = self.space.all(self.keys.versions(TYPE.value)).values()
            known = [unpack_artifact(raw) for raw in rows]
            return sorted(each.version for each in known if each.status is ModelStatus.ACTIVE)
        try:
            decision = self.registry.change(TYPE, asked(*operation), cause=cause, at=0)
        except StaleEpoch:
            return STALE
        except IllegalMove:
            return ILLEGAL
        return decision.evidence["epoch"]

    def noted(self, operation: tuple[Any, ...], cause: str) -> Any:
        """Perform an operation, and say so before and after."""
        invoked = time.monotonic()
        tell(self.out, {"cause": cause, "call": asdict(Call(self.process, operation, invoked, 0.0))})
        result = self.perform(operation, cause)
        tell(self.out, {"cause": cause, "returned": time.monotonic(), "result": result})
        return result


def asked(word: str, actor: str, *arguments: Any) -> Move:
    """The registry's move for the model's words."""
    kind, names = KINDS[word]
    return Move(kind=kind, actor=actor, **dict(zip(names, arguments, strict=True)))


def chosen(chance: random.Random, epoch: int) -> tuple[Any, ...]:
    """What a promoter does next, having seen an epoch: mostly automation, now and then a person."""
    weights = {"promote": 6, "rollback": 3, "canary": 3, "abort": 1, "freeze": 1, "resume": 2, "census": 2}
    word = chance.choices(list(weights), list(weights.values()))[0]
    actor = "ann" if word in ("freeze", "resume") else chance.choice((CLM, CLM, "ann"))
    version = chance.choice(VERSIONS)
    by_word: dict[str, tuple[Any, ...]] = {
        "promote": (epoch, version),
        "canary": (epoch, version, chance.choice(SHARES)),
    }
    return (word, actor, *by_word.get(word, ()))


def race(desk: Desk, turns: int, seed: int) -> None:
    """Look and act, turn by turn; every call is on record before it begins and after it ends."""
    chance = random.Random(f"{seed}-{desk.process}")
    for turn in range(turns):
        seen = desk.noted(("look", CLM), f"{desk.process}-{turn}-look")
        desk.noted(chosen(chance, seen[0]), f"{desk.process}-{turn}")


def tell(out: int, fact: Any) -> None:
    """One line, in one write."""
    os.write(out, json.dumps(fact).encode() + b"\n")


def calls_of(lines: Sequence[str]) -> list[Call]:
    """The calls of all processes from what they told; without an end where they were killed."""
    begun: dict[str, Call] = {}
    for line in lines:
        fact = json.loads(line)
        if "call" in fact:
            call = fact["call"]
            begun[fact["cause"]] = Call(call["process"], tuple(call["operation"]), call["invoked"])
        else:
            call = begun[fact["cause"]]
            begun[fact["cause"]] = Call(
                call.process, call.operation, call.invoked, fact["returned"], fact["result"]
            )
    return list(begun.values())
