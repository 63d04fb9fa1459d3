"""Good in shadow, bad when it serves: the version before it returns, without a hand."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from clm.decisions import shadow as role
from clm.decisions.shadow import ShadowFold
from clm.events import Verdict
from clm.model import ModelType
from clm.records import Decision
from clm.steps.consume import Consumer
from clm.steps.dispatch import Dispatcher
from clm.steps.shadowing import Standing, announce
from clm.store.codec import decode
from tests.unit.decisions.sparring import POLICY, SCOPE, Ring
from tests.unit.steps.artifacts import artifact
from worker import bootstrap
from worker.stage import Stage

XGBOOST = ModelType.XGBOOST
BATCH, MOST = 20, 2000
"""Pairs between two looks at the registry, and until a test gives up."""


@dataclass
class Site:
    """A scope with v1 active, its shadow and its dispatcher, and a trader who asks the registry."""

    stage: Stage
    shadow: Consumer
    dispatcher: Dispatcher

    def lives(self, ring: Ring, until: str) -> int:
        """The trader publishes pairs of whatever version is active until it is this one; how many."""
        for count in range(0, MOST, BATCH):
            active = self.stage.registry.route(XGBOOST).active
            if active == until:
                return count
            for event in ring.rounds(BATCH, active):
                self.stage.events.append(event)
            self.settle()
        raise AssertionError(f"{until} was not active within {MOST} pairs")

    def settle(self) -> None:
        while self.shadow.step() + self.dispatcher.step():
            pass

    @property
    def decided(self) -> list[Decision]:
        return [each for _, each in self.stage.decisions.read("0-0", 1000)]


@pytest.fixture
def ring() -> Ring:
    return Ring(0.85)


@pytest.fixture
def site(ring: Ring) -> Site:
    stage = bootstrap.memory_stage(SCOPE)
    for version in ("v1", "v2"):
        stage.registry.save_model(artifact(version))
    fold = ShadowFold(stage.scope, POLICY, ring.score)
    streams = bootstrap.streams(stage, POLICY)
    shadow = Consumer(role.ROLE, fold, streams, announce=announce, after=Standing(fold, stage.registry))
    made = Site(stage, shadow, bootstrap.dispatcher(stage))
    stage.events.append(ring.tape.candidate("v1"))  # the first one, which is promoted at once
    made.settle()
    return made


@pytest.fixture
def turned(site: Site, ring: Ring) -> Site:
    """v2 has won against v1, was promoted, and errs more than v1 from then on."""
    site.stage.events.append(ring.candidate("v2"))
    site.lives(ring, "v2")
    after = Ring(0.6, seed=2, tape=ring.tape, at=ring.at)
    after.said = ring.said
    site.lives(after, "v1")
    return site


def test_the_version_before_is_active_again_and_the_bad_one_locked_out(turned: Site) -> None:
    route = turned.stage.registry.route(XGBOOST)
    assert (route.active, route.locked_out) == ("v1", ("v2",))


def test_every_step_names_the_one_before_as_its_cause(turned: Site) -> None:
    by_id = {each.id: each for each in turned.decided}
    (back,) = [each for each in by_id.values() if each.kind == "rolled_back"]
    rollback = by_id[back.cause]
    assert (rollback.role, rollback.kind, rollback.version) == ("shadow", "rollback", "v2")
    promote = by_id[rollback.cause]
    assert (promote.kind, promote.version) == ("promote", "v2")
    assert (back.version, back.evidence["from"], back.actor) == ("v1", "v2", "clm")
    assert rollback.evidence["epoch"] == promote.evidence["epoch"] + 1


def test_nobody_else_was_told_of_a_verdict(turned: Site) -> None:
    events = [decode(entry.data) for entry in turned.stage.events.read("0-0", 10_000)]
    results = [each.result for each in events if isinstance(each, Verdict)]
    assert results == ["promote", "promote"]  # v1 and v2
