"""A decision's canonical bytes are the same everywhere, and its chain tells of any change."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace
from typing import Any

import pytest

from clm.model import ModelType
from clm.records import GENESIS, Decision, Head, canonical, digest, from_record, log_sha256

MADE = Decision(role="watcher", kind="retrain", at=5, model_type="xgboost", evidence={"a": 1})


def chained(count: int, role: str = "watcher") -> list[Decision]:
    head, links = Head(), []
    for at in range(count):
        links.append(head.chain(replace(MADE, role=role, at=at)))
        head = head.after(links[-1])
    return links


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [1.5, None, True]}, '{"a":[1.5,null,true],"b":1}'),
        ({"x": math.nan, "y": [math.inf, -math.inf]}, '{"x":null,"y":[null,null]}'),
        (0.1, "0.1"),
        ({2: "é"}, '{"2":"é"}'),
        ((1, 2), "[1,2]"),
        ({"m": ModelType.NHITS}, '{"m":"nhits"}'),
    ],
)
def test_canonical_bytes_are_sorted_short_and_finite(value: Any, text: str) -> None:
    assert canonical(value) == text.encode()


def test_the_digest_is_the_sha256_of_the_canonical_bytes() -> None:
    # printf '{"a":1}' | sha256sum
    assert digest({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"


def test_the_first_link_begins_at_the_genesis() -> None:
    link = Head().chain(MADE)
    assert (link.id, link.n, link.prev) == ("watcher-1", 1, GENESIS)
    assert link.inputs_sha256 == digest({"a": 1})
    assert link.hash == hashlib.sha256(link.canonical()).hexdigest()


def test_each_link_names_the_one_before() -> None:
    first, second, third = chained(3)
    assert (second.prev, third.prev) == (first.hash, second.hash)
    assert [each.id for each in (first, second, third)] == ["watcher-1", "watcher-2", "watcher-3"]


@pytest.mark.parametrize(
    "change", [{"at": 6}, {"reason": "x"}, {"evidence": {"a": 2}}, {"prev": "1" * 64}, {"n": 2}]
)
def test_any_change_breaks_the_link(change: dict[str, Any]) -> None:
    link = Head().chain(MADE)
    assert link.intact()
    assert not replace(link, **change).intact()


def test_the_canonical_bytes_hold_every_key_but_the_hash() -> None:
    assert set(json.loads(MADE.canonical())) == set(MADE.record()) - {"hash"}
    assert {"id", "role", "n", "kind", "at", "model_type", "version", "trigger", "reason", "statistic",
            "limit", "level", "counts", "policy", "rule", "actor", "inputs_sha256", "cause", "prev",
            "hash"} <= set(MADE.record())  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"reason": 'é "quoted"\n', "version": None, "level": 0.05},
        {"statistic": math.nan, "limit": math.inf, "counts": {"pairs": 3}},
        {"model_type": ModelType.NHITS, "statistic": 7, "limit": -0.0},
        {"evidence": {"hash": "h", "id": ',"id":', "a": (1, [math.nan, {2: "b"}])}},
    ],
)
def test_what_is_logged_is_the_record_in_canonical_bytes(change: dict[str, Any]) -> None:
    link = Head().chain(replace(MADE, **change))
    assert link.logged() == canonical(link.record())


def test_a_link_is_chained_anew_without_a_trace_of_the_old_one() -> None:
    first, second, third = chained(3)
    assert Head(second.n, second.hash).chain(first).canonical() == replace(third, at=first.at).canonical()


def test_a_decision_survives_its_record_through_json() -> None:
    link = Head().chain(replace(MADE, evidence={"accuracy": math.nan, "fired": [("time", 1.0)]}))
    again = from_record(json.loads(canonical(link.record())))
    assert again.intact()
    assert again.canonical() == link.canonical()


def test_the_same_decision_made_again_has_the_same_hash() -> None:
    assert chained(3) == chained(3)


def test_a_logs_hash_goes_role_by_role_whatever_the_order() -> None:
    watcher, shadow = chained(2), chained(2, "shadow")
    lines = b"".join(each.canonical() + b"\n" for each in (*shadow, *watcher))
    expected = hashlib.sha256(lines).hexdigest()
    assert log_sha256([watcher[1], shadow[0], watcher[0], shadow[1]]) == expected
    assert log_sha256(watcher) != expected
