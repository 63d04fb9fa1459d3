"""``clm verify`` finds what was altered, removed or cut; ``clm history --at`` says what was live and why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from redis import Redis

from clm.events import tick
from clm.records import canonical
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.keyspace import Put
from clm.store.redis_keyspace import RedisKeyspace
from tests.contract.test_registry import NOON_AT
from tests.unit.worker.test_operations import facts
from tests.unit.worker.test_operations import keys as keys  # noqa: PLC0414 - a fixture
from tests.unit.worker.test_operations import space as space  # noqa: PLC0414 - a fixture
from worker.cli import main

pytestmark = pytest.mark.server
HOUR = 3_600_000_000


@pytest.fixture
def moved(space: RedisKeyspace, keys: Keys, capsys: pytest.CaptureFixture[str]) -> Keys:
    """A scope whose route went to A at noon, to B at one, and back at two o'clock."""
    for hour, words in enumerate(
        (("promote", "xgboost", "A"), ("promote", "xgboost", "B"), ("rollback", "xgboost"))
    ):
        StreamEventLog(space, keys).append(tick(NOON_AT + hour * HOUR))
        facts(capsys, keys, *words, "--reason", "by hand")
    return keys


def faults(capsys: pytest.CaptureFixture[str], keys: Keys) -> list[str]:
    code = main(["verify", "--scope", keys.scope, "--json"])
    told: Any = json.loads(capsys.readouterr().out)
    assert code == (1 if told["faults"] else 0)
    found: list[str] = told["faults"]
    return found


def test_an_untouched_log_is_clean_by_all_that_is_known_of_it(
    moved: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    assert faults(capsys, moved) == []
    assert facts(capsys, moved, "verify")["heads"] == 3


def entries(client: Redis, keys: Keys) -> list[tuple[bytes, dict[bytes, bytes]]]:
    found: Any = client.xrange(keys.decisions)
    return list(found)


def rewrite(client: Redis, keys: Keys, rows: list[tuple[bytes, dict[bytes, bytes]]]) -> None:
    client.delete(keys.decisions)
    for entry_id, values in rows:
        client.xadd(keys.decisions, values, id=entry_id)  # type: ignore[arg-type]


def test_one_altered_record_is_found(
    moved: Keys, redis_client: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = entries(redis_client, moved)
    record = json.loads(rows[1][1][b"d"])
    rows[1] = rows[1][0], {b"d": canonical({**record, "reason": "it was not me"})}
    rewrite(redis_client, moved, rows)
    assert faults(capsys, moved) == ["registry-2 was altered: its hash is not that of its record"]


def test_one_removed_record_is_found(
    moved: Keys, redis_client: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    redis_client.xdel(moved.decisions, entries(redis_client, moved)[1][0])
    found = faults(capsys, moved)
    assert "registry-3 does not follow registry-1: a record is missing or changed" in found
    assert "registry-2 was written and is gone: the log was cut" in found


def test_a_log_cut_at_its_end_together_with_its_head_and_route_is_found_by_what_was_kept_outside(
    moved: Keys, redis_client: Redis, space: RedisKeyspace, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = entries(redis_client, moved)
    redis_client.xdel(moved.decisions, rows[-1][0])
    last = json.loads(rows[-2][1][b"d"])
    route = {**json.loads(space.get(moved.route("xgboost")) or b""), "epoch": 2, "active": "B"}
    head = canonical([last["n"], last["hash"]])
    space.commit([], [Put(moved.heads, head, "registry"), Put(moved.route("xgboost"), canonical(route))])
    assert faults(capsys, moved) == ["registry-3 was written and is gone: the log was cut"]


def test_a_route_that_was_changed_behind_the_logs_back_is_found(
    moved: Keys, space: RedisKeyspace, capsys: pytest.CaptureFixture[str]
) -> None:
    route = {**json.loads(space.get(moved.route("xgboost")) or b""), "active": "B"}
    space.commit([], [Put(moved.route("xgboost"), canonical(route))])
    assert faults(capsys, moved) == ["xgboost is on B at epoch 3, the log says A"]


def test_history_at_a_moment_says_what_was_live_by_whom_and_why(
    moved: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    told = facts(capsys, moved, "history", "xgboost", "--at", "2008-10-10T13:30")
    assert (told["version"], told["decision"]["actor"]) == ("B", "ann")
    assert (told["since"], told["until"]) == ("2008-10-10 13:00:00+00:00", "2008-10-10 14:00:00+00:00")
    assert main(["history", "xgboost", "--at", "2008-10-10T16:00+02:00", "--scope", moved.scope]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "xgboost A since 2008-10-10 14:00:00 UTC",
        "  rolled_back by ann (registry-3): by hand",
    ]


def test_history_before_everything_is_the_naive_forecast(
    moved: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["history", "xgboost", "--at", "1999-01-01", "--scope", moved.scope]) == 0
    assert capsys.readouterr().out == "xgboost naive from the beginning\n"


def test_what_is_no_moment_is_refused_with_one_that_is(
    moved: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["history", "xgboost", "--at", "noon", "--scope", moved.scope]) == 1
    assert "--at 'noon' is no moment: write 2025-01-30T14:30" in capsys.readouterr().err
