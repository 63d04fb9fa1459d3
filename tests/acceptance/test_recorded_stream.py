"""The recorded stream is the whole truth: every decision follows from it again, and no record can be bent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from clm.records import log_sha256
from clm.store.keys import Keys
from tests.acceptance.command import clm
from tests.acceptance.conftest import Finished
from tests.acceptance.site import Site
from worker import bootstrap, replay

if TYPE_CHECKING:
    from redis import Redis

Row = dict[bytes, bytes]


def copied(redis_client: Redis, finished: Finished, scope: str) -> Site:
    """The finished loop's records under another scope, which a test may damage."""
    old = Keys(finished.site.scope).of()
    for key in redis_client.scan_iter(old + "*", count=1000):
        redis_client.copy(key, key.decode().replace(old, Keys(scope).of(), 1))
    return Site(finished.site.directory / scope, finished.site.url, scope=scope)


def rows_of(redis_client: Redis, stream: str) -> list[tuple[bytes, Row]]:
    """The entries of a stream."""
    rows: list[tuple[bytes, Row]] = redis_client.xrange(stream)  # type: ignore[assignment]
    return rows


def altered(redis_client: Redis, scope: str, change: Callable[[dict[str, object]], None]) -> str:
    """Change the seventh decision and leave everything else as it is; its id."""
    stream = Keys(scope).decisions
    rows = rows_of(redis_client, stream)
    record = json.loads(rows[6][1][b"d"])
    change(record)
    rows[6] = rows[6][0], {b"d": json.dumps(record).encode()}
    redis_client.delete(stream)
    for entry_id, row in rows:
        redis_client.xadd(stream, row, id=entry_id)  # type: ignore[arg-type]
    return str(record["id"])


def test_every_decision_follows_byte_by_byte_from_the_recorded_stream(finished: Finished) -> None:
    logged = finished.player.decisions("watcher", "shadow")
    again = list(bootstrap.derived(finished.player.stage, finished.site.settings.policy()))
    assert log_sha256(again) == log_sha256(logged)
    assert len(logged) > 50


def test_the_processes_decide_as_a_replay_in_memory_does(finished: Finished) -> None:
    site = finished.site
    stage = bootstrap.memory_stage(site.market.scope)
    played = replay.play(site.settings, site.market, stage)
    assert log_sha256(played.decisions) == log_sha256(finished.player.decisions())


def test_verify_finds_no_fault_in_an_honest_log(finished: Finished) -> None:
    said = clm(finished.site, "verify", "--rederive", "--json")
    assert (said.code, json.loads(said.out)["faults"]) == (0, [])


def test_verify_names_a_record_that_was_altered(
    redis_client: Redis, finished: Finished, scope_name: str
) -> None:
    site = copied(redis_client, finished, scope_name)
    name = altered(redis_client, scope_name, lambda record: record.update(reason="no reason"))
    said = clm(site, "verify")
    assert said.code == 1
    assert f"{name} was altered" in said.out


def test_an_altered_record_does_not_follow_from_what_it_saw(
    redis_client: Redis, finished: Finished, scope_name: str
) -> None:
    site = copied(redis_client, finished, scope_name)
    name = altered(redis_client, scope_name, lambda record: record.update(reason="no reason"))
    said = clm(site, "decisions", "--explain", name)
    assert said.code == 1
    assert "DIFFERS: reason is 'no reason'" in said.out


def test_verify_names_the_gap_where_a_record_was_taken_out(
    redis_client: Redis, finished: Finished, scope_name: str
) -> None:
    site = copied(redis_client, finished, scope_name)
    stream = Keys(scope_name).decisions
    gone, after = finished.player.decisions("watcher")[3:5]
    found = next(name for name, row in rows_of(redis_client, stream) if gone.hash.encode() in row[b"d"])
    redis_client.xdel(stream, found)
    said = clm(site, "verify")
    assert said.code == 1
    assert f"{after.id} does not follow" in said.out
