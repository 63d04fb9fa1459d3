"""Lines to a real server: forgotten scripts, restarts and forks are none of the caller's business."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clm.errors import RefusedByServer, UnreachableServer
from clm.store.keys import Keys
from clm.store.keyspace import HOLE, Add, Put
from clm.store.redis_keyspace import connect
from tests.contract.test_take import drain
from tests.programs import server_in

if TYPE_CHECKING:
    from redis import Redis

pytestmark = pytest.mark.server


def test_a_server_that_forgot_the_script_is_told_again(
    server_url: str, redis_client: "Redis", keys: Keys
) -> None:
    space = connect(server_url)
    for _ in range(2):
        redis_client.script_flush()
        assert space.commit([], [Add(keys.events, b"event")])
    assert space.length(keys.events) == 2


def test_a_prepared_commit_is_made_even_if_the_server_forgot_the_script(
    server_url: str, redis_client: "Redis", keys: Keys
) -> None:
    space = connect(server_url)
    commit = space.prepare([], [Add(keys.events, HOLE)])
    for number in range(3):
        redis_client.script_flush()
        assert commit(b"%d" % number)
    assert [data for _, data in space.read(keys.events, "0", 10)] == [b"0", b"1", b"2"]


def test_what_is_posted_is_done_even_if_the_server_forgot_the_script(
    server_url: str, redis_client: "Redis", keys: Keys
) -> None:
    space = connect(server_url)
    for number in range(3):
        redis_client.script_flush()
        space.post([], [Add(keys.events, b"%d" % number)])
    space.post([], [])  # the last one's reply is taken, and what it asked for done
    assert space.length(keys.events) == 3


def test_a_line_that_idled_while_its_server_restarted_is_replaced(tmp_path: Path, keys: Keys) -> None:
    first, second = server_in(tmp_path), server_in(tmp_path)
    space = connect(first.start())
    space.append(keys.events, b"event")
    first.stop()
    second.start()
    try:
        assert space.length(keys.events) == 1
    finally:
        second.stop()


def test_a_read_under_way_is_given_up_with_its_server(tmp_path: Path, keys: Keys) -> None:
    first, second = server_in(tmp_path), server_in(tmp_path)
    space = connect(first.start())
    space.commit([], [Add(keys.events, b"%d" % number) for number in range(4)])
    cursor = space.take(keys.events, "0-0", 2).ids[-1].decode()
    first.stop()
    with pytest.raises(UnreachableServer, match="CLM_REDIS_URL"):
        drain(space, keys, 2, cursor)
    second.start()
    try:
        assert space.take(keys.events, cursor, 2).data == [b"2", b"3"]
    finally:
        second.stop()


def test_a_forked_process_has_lines_of_its_own(server_url: str, keys: Keys) -> None:
    space = connect(server_url)
    space.append(keys.events, b"parent")
    child = os.fork()
    if child == 0:
        space.append(keys.events, b"child")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert [data for _, data in space.read(keys.events, "0", 9)] == [b"parent", b"child"]


def test_after_a_refusal_the_next_question_is_answered(server_url: str, keys: Keys) -> None:
    space = connect(server_url)
    space.commit([], [Put(keys.heads, b"a value", None)])
    with pytest.raises(RefusedByServer, match="WRONGTYPE"):
        space.snapshot(keys.heads, [keys.events])
    assert space.get(keys.heads) == b"a value"
