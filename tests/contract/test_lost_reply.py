"""A reply that is lost on its way: the write has happened, the caller tries again, the effect is one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from clm.errors import UnreachableServer
from clm.events import tick
from clm.model import ModelType
from clm.ports import Reason, Refusal, RunRecord
from clm.records import Decision, Head
from clm.steps.runs import ended
from clm.store.decision_log import StreamDecisionLog
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.keyspace import Check, Keyspace, Write
from clm.store.registry import RouteRegistry
from clm.store.run_store import HashRuns
from tests.contract.test_registry import artifact

RUN = RunRecord(run="watcher-1", model_type="xgboost", as_of=5, cause="watcher-1", trigger="time")
FAILED = replace(RUN, phase="failed", error="no data")
REFUSED = Refusal("1-0", b"?", [Reason(None, "why")])
DECISION = Head().chain(Decision(role="watcher", kind="retrain", at=1, model_type="xgboost"))


class LosingSpace:
    """A keyspace whose first reply to a commit is lost after the commit was done."""

    def __init__(self, space: Keyspace) -> None:
        self._space, self._lost = space, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._space, name)

    def commit(self, checks: list[Check], writes: list[Write], **how: bool) -> bool:
        done = self._space.commit(checks, writes, **how)
        if not self._lost:
            self._lost = True
            raise UnreachableServer("the reply was lost")
        return done


Act = Callable[[Any, Keys], object]
WRITES: dict[str, Act] = {
    "decision": lambda space, keys: StreamDecisionLog(space, keys).append(DECISION, None, [tick(1)]),
    "run opened": lambda space, keys: HashRuns(space, keys).open(replace(RUN, run="watcher-2")),
    "run ended": lambda space, keys: HashRuns(space, keys).finish(FAILED, None, ended(FAILED)),
    "quarantine": lambda space, keys: StreamEventLog(space, keys).quarantine([REFUSED]),
    "version": lambda space, keys: RouteRegistry(space, keys).save_model(artifact("B")),
    "move": lambda space, keys: RouteRegistry(space, keys).move(
        ModelType.XGBOOST, "A", epoch=0, cause="shadow-1", actor="clm"
    ),
    "allotted": lambda space, keys: RouteRegistry(space, keys).allot_version(
        ModelType.XGBOOST, artifact("A").trained_at, "watcher-1"
    ),
}


def state(space: Keyspace, keys: Keys) -> list[object]:
    """Everything that the writes above could have doubled."""
    streams = [keys.events, keys.decisions, keys.quarantine, keys.order("xgboost"), keys.of("runs", "order")]
    hashes = [keys.heads, keys.runs, keys.progress, keys.versions("xgboost"), keys.causes("xgboost")]
    lengths = [space.length(stream) for stream in streams]
    return [*lengths, *(space.all(each) for each in hashes), space.get(keys.route("xgboost"))]


@pytest.mark.parametrize("write", WRITES)
def test_a_write_tried_again_after_a_lost_reply_has_the_effect_of_one(
    space: Keyspace, keys: Keys, write: str
) -> None:
    twin = Keys(f"{keys.scope}-once")
    for each in (keys, twin):
        RouteRegistry(space, each).save_model(artifact("A"))
        HashRuns(space, each).open(RUN)
    WRITES[write](space, twin)
    losing = LosingSpace(space)
    with pytest.raises(UnreachableServer):
        WRITES[write](losing, keys)
    WRITES[write](losing, keys)
    assert state(space, keys) == state(space, twin)
