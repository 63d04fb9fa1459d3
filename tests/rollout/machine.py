"""A state machine that does to a registry whatever anybody could, and expects what the model says."""

from __future__ import annotations

from itertools import count
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from clm.errors import IllegalMove, UnknownVersion
from clm.model import ModelStatus
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace
from clm.store.registry import RouteRegistry
from tests.contract.test_registry import artifact
from tests.rollout.audit import faults_of
from tests.rollout.promoter import SHARES, TYPE, VERSIONS, Desk
from tests.rollout.spec import CLM, ILLEGAL, NAIVE, State, step

UNKNOWN = "unknown"
NUMBERS = count()

actors = st.sampled_from([CLM, "ann", "bob"])
versions = st.sampled_from(VERSIONS[:4])


class RegistryMachine(RuleBasedStateMachine):
    """Rules for every move and mark; whatever was planted must show in one of the answers or invariants."""

    space: ClassVar[Keyspace]

    def __init__(self) -> None:
        super().__init__()
        self.keys = Keys(f"machine-{next(NUMBERS)}")
        self.registry = RouteRegistry(self.space, self.keys)
        self.desk = Desk(self.registry, self.space, self.keys)
        self.state, self.status = State(), dict[str, ModelStatus]()
        self.released: set[str] = set()
        self.turn = count()

    @initialize()
    def begin(self) -> None:
        for version in VERSIONS[:4]:
            self.save(version)

    @rule(version=st.sampled_from(VERSIONS))
    def save(self, version: str) -> None:
        self.registry.save_model(artifact(version))
        self.status.setdefault(version, ModelStatus.CANDIDATE)

    @rule(actor=actors, version=versions)
    def promote(self, actor: str, version: str) -> None:
        self.promoted(actor, self.state.epoch, version)

    @rule(actor=actors, version=st.sampled_from((*VERSIONS, NAIVE)), behind=st.integers(1, 3))
    def promote_late(self, actor: str, version: str, behind: int) -> None:
        self.promoted(actor, self.state.epoch - behind, version)

    def promoted(self, actor: str, seen: int, version: str) -> None:
        if self.acted("promote", actor, seen, version):
            self._swapped()

    @rule(actor=actors)
    def rollback(self, actor: str) -> None:
        if self.acted("rollback", actor):
            self._swapped()

    @rule(actor=actors, version=versions, share=st.sampled_from(SHARES), behind=st.sampled_from([0, 0, 1]))
    def canary(self, actor: str, version: str, share: float, behind: int) -> None:
        if self.acted("canary", actor, self.state.epoch - behind, version, share):
            self.status[version] = ModelStatus.SHADOW

    @rule(actor=actors)
    def abort(self, actor: str) -> None:
        tried = self.state.canary
        if self.acted("abort", actor):
            self.status[str(tried)] = ModelStatus.RETIRED

    @rule(word=st.sampled_from(["pin", "freeze", "unpin", "resume"]), actor=actors)
    def switch(self, word: str, actor: str) -> None:
        self.acted(word, actor)

    @rule(word=st.sampled_from(["unlock", "approve"]), actor=actors, version=versions)
    def vouch(self, word: str, actor: str, version: str) -> None:
        self.acted(word, actor, version)

    @rule(actor=actors, number=st.integers(0, 2))
    def want(self, actor: str, number: int) -> None:
        self.acted("want", actor, number)

    @precondition(lambda self: self.state.pinned or self.state.frozen or self.state.wanted)
    @rule()
    def open(self) -> None:
        """A closed route allows little: open it again, so that most of the time is spent on moves."""
        for word, closed in (("unpin", self.state.pinned), ("resume", self.state.frozen)):
            if closed:
                self.acted(word, "ann")
        if self.state.wanted:
            self.acted("want", "ann", 0)

    @rule(version=versions, to=st.sampled_from([ModelStatus.SHADOW, ModelStatus.RETIRED]))
    def mark(self, version: str, to: ModelStatus) -> None:
        known = self.status.get(version)
        on_its_way = known in (ModelStatus.CANDIDATE, ModelStatus.SHADOW)
        legal = on_its_way or (known is to is ModelStatus.RETIRED)
        if version == self.state.canary and to is ModelStatus.RETIRED:
            legal = False
        try:
            self.registry.mark(TYPE, version, to)
            assert legal, f"{version} was {known} and became {to}"
            self.status[version] = to
        except (IllegalMove, UnknownVersion):
            assert not legal, f"{version} was {known} and could not become {to}"

    @rule(version=versions)
    def release(self, version: str) -> None:
        if version in self.status:
            needed = {self.state.active, self.state.canary, *self.state.lived}
            free = self.status[version] is ModelStatus.RETIRED and version not in needed
            assert self.registry.release(TYPE, version) == free
            self.released |= {version} if free else set()

    def acted(self, *operation: Any) -> bool:
        """Ask for a move, compare the answer with the model's; whether it moved."""
        expected, behind = step(self.state, operation)
        version = next((each for each in operation[2:] if isinstance(each, str)), NAIVE)
        kept = version == NAIVE or (version in self.status and version not in self.released)
        if expected != ILLEGAL and not isinstance(expected, str) and not kept and operation[0] != "unlock":
            expected, behind = UNKNOWN, self.state
        cause = f"cause-{next(self.turn)}"
        for _ in range(2):  # the same cause twice is once
            assert self._answer(operation, cause) == expected, operation
        self.state = behind
        return not isinstance(expected, str)

    def _answer(self, operation: tuple[Any, ...], cause: str) -> Any:
        try:
            return self.desk.perform(operation, cause)
        except UnknownVersion:
            return UNKNOWN

    def _swapped(self) -> None:
        for version, status in self.status.items():
            if status is ModelStatus.ACTIVE:
                self.status[version] = ModelStatus.RETIRED
        if self.state.active != NAIVE:
            self.status[self.state.active] = ModelStatus.ACTIVE

    @invariant()
    def the_route_is_the_models(self) -> None:
        route, state = self.registry.route(TYPE), self.state
        approved = {(version, who) for version, all_ in route.approved.items() for who in all_}
        assert (route.epoch, route.active, route.since) == (state.epoch, state.active, state.since)
        assert (route.canary, route.share) == (state.canary, state.share)
        assert (route.frozen, route.pin is not None) == (state.frozen, state.pinned)
        assert (set(route.locked_out), approved) == (set(state.locked), set(state.approved))

    @invariant()
    def every_version_has_the_models_status(self) -> None:
        known = {each.version: each.status for each in self.registry.get_model_history(TYPE)}
        assert known == self.status

    def teardown(self) -> None:
        assert faults_of(self.space, self.keys) == []
