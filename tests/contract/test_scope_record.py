"""A scope's declaration is kept beside its streams, one version higher each time it differs."""

from dataclasses import replace

import pytest

from clm.errors import ConfigurationError
from clm.scope import Scope
from clm.store import scope_record
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace, Put

DECLARED = Scope(
    name="us-daily",
    symbols=("AAPL", "IBM"),
    bar_seconds=86_400,
    schemas={"daily-1": ("ret_1", "vol_20")},
    history_from=5,
)


def test_a_declaration_comes_back_as_it_was(space: Keyspace, keys: Keys) -> None:
    assert scope_record.save(space, keys, DECLARED) == DECLARED
    assert scope_record.load(space, keys) == DECLARED


def test_a_scope_that_nobody_declared_has_no_record(space: Keyspace, keys: Keys) -> None:
    assert scope_record.load(space, keys) is None


def test_the_same_declaration_again_is_the_same_version(space: Keyspace, keys: Keys) -> None:
    scope_record.save(space, keys, DECLARED)
    assert scope_record.save(space, keys, replace(DECLARED, v=7)).v == 1


def test_a_changed_declaration_is_the_next_version(space: Keyspace, keys: Keys) -> None:
    for horizon in (1, 2, 3):
        scope_record.save(space, keys, replace(DECLARED, horizon=horizon))
    kept = scope_record.load(space, keys)
    assert kept == replace(DECLARED, horizon=3, v=3)


def test_what_a_later_program_added_is_left_out(space: Keyspace, keys: Keys) -> None:
    scope_record.save(space, keys, DECLARED)
    raw = space.get(keys.declaration)
    assert raw is not None
    space.commit([], [Put(keys.declaration, raw.replace(b"{", b'{"a_new_thing":1,', 1))])
    assert scope_record.load(space, keys) == DECLARED


@pytest.mark.parametrize("raw", [b"\xff", b"[]", b"{}", b'{"symbols":1,"schemas":{}}'])
def test_a_record_that_is_none_is_refused_with_its_key(space: Keyspace, keys: Keys, raw: bytes) -> None:
    space.commit([], [Put(keys.declaration, raw)])
    with pytest.raises(ConfigurationError, match="scope cannot be read as a scope"):
        scope_record.load(space, keys)
