"""The access rules of the page do what it says, on a real server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from clm.decisions.chains import forgotten
from clm.errors import RefusedByServer
from clm.events import tick
from clm.records import Decision, Head
from clm.store.decision_log import StreamDecisionLog
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.redis_keyspace import RedisKeyspace, connect
from clm.store.registry import RouteRegistry
from clm.store.witness import MemoryWitness
from tests.contract.test_registry import XGB, artifact

pytestmark = pytest.mark.server
PAGE = (Path(__file__).parents[2] / "docs" / "access.md").read_text()
RULES = dict(re.findall(r"^ACL SETUSER (\w+) (.*)$", PAGE, re.MULTILINE))
NEWER = ("+client|setinfo", "+waitaof")
DECISION = Head().chain(Decision(role="registry", kind="promoted", at=1, model_type="xgboost"))

As = Callable[[str], RedisKeyspace]


@pytest.fixture
def as_user(server_url: str, redis_client: Redis, keys: Keys) -> Iterator[As]:
    """Connects as a user of the page, on a scope in which A is live."""
    registry = RouteRegistry(connect(server_url), keys)
    registry.save_model(artifact("A"))
    registry.save_model(artifact("B"))
    registry.promote(XGB, "A")

    def given(name: str) -> RedisKeyspace:
        rules = RULES[name].replace("us-daily", keys.scope)
        secret = re.findall(r">(\S+)", rules)[0]
        words = re.findall(r"\([^)]*\)|\S+", rules)
        try:
            redis_client.execute_command("ACL", "SETUSER", name, "reset", *words)
        except ResponseError:  # Redis 7.0
            words = [word for word in words if word not in NEWER]
            redis_client.execute_command("ACL", "SETUSER", name, "reset", *words)
        return connect(server_url.replace("unix://", f"unix://{name}:{secret}@"))

    yield given
    redis_client.execute_command("ACL", "DELUSER", *RULES)


def refused(act: Callable[[], Any]) -> bool:
    try:
        act()
    except RefusedByServer:
        return True
    return False


def test_a_trader_publishes_and_reads_its_route(as_user: As, keys: Keys) -> None:
    space = as_user("trader")
    assert StreamEventLog(space, keys).append(tick(1))
    assert RouteRegistry(space, keys).route(XGB).active == "A"
    assert RouteRegistry(space, keys).get_model(XGB, "A").version == "A"


@pytest.mark.parametrize("user", ["trader", "viewer"])
def test_who_only_trades_or_looks_moves_nothing(as_user: As, keys: Keys, user: str) -> None:
    space = as_user(user)
    assert refused(lambda: RouteRegistry(space, keys).promote(XGB, "B"))
    assert refused(lambda: StreamDecisionLog(space, keys).append(DECISION, None))
    assert refused(lambda: space.append(keys.decisions, DECISION.logged()))
    for words in (("DEL", keys.route("xgboost")), ("XTRIM", keys.decisions, "MAXLEN", "0"), ("FLUSHALL",)):
        assert refused(lambda words=words: space._lines.ask(*words))  # type: ignore[misc]


def test_a_viewer_sees_everything_and_writes_nothing(as_user: As, keys: Keys) -> None:
    space = as_user("viewer")
    assert [each.version for _, each in StreamDecisionLog(space, keys).read("0-0")] == ["A"]
    assert StreamDecisionLog(space, keys).heads()["registry"].n == 1
    assert refused(lambda: StreamEventLog(space, keys).append(tick(1)))


def test_the_processes_work_in_their_scope_and_in_no_other(as_user: As, keys: Keys) -> None:
    space = as_user("clm")
    RouteRegistry(space, keys, durable=True).promote(XGB, "B")
    assert RouteRegistry(space, keys).route(XGB).active == "B"
    assert refused(lambda: RouteRegistry(space, Keys("another")).route(XGB))
    for words in (("CONFIG", "GET", "*"), ("FLUSHALL",), ("ACL", "LIST")):
        assert refused(lambda words=words: space._lines.ask(*words))  # type: ignore[misc]


def test_who_may_append_may_also_cut_and_only_what_is_kept_outside_tells(
    as_user: As, keys: Keys, server_url: str
) -> None:
    witness = MemoryWitness()
    RouteRegistry(connect(server_url), keys, witness=witness).promote(XGB, "B")
    space = as_user("clm")
    space._lines.ask("XADD", keys.decisions, "MAXLEN", "0", "*", "d", DECISION.logged())
    log = [each for _, each in StreamDecisionLog(space, keys).read("0-0")]
    assert log == []
    assert forgotten(log, witness.seen()) == ["registry-2 was written and is gone: the log was cut"]
