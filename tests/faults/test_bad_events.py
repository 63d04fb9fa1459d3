"""Bad entries on the events stream: each is kept apart with its reason, and what follows still counts."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import pytest

from clm.events import SECOND, Event, Outcome, Prediction
from clm.store.codec import encode
from clm.store.keyspace import Add
from tests.acceptance.crew import Crew
from tests.acceptance.player import Player
from tests.acceptance.site import Site
from worker import bootstrap

AT = 1_704_067_200 * SECOND  # 2024-01-01
FUTURE = 4_102_444_800 * SECOND  # 2100-01-01


def prediction(n: int, *, value: float = 1.0, model_type: str = "xgboost", at: int = AT) -> Prediction:
    return Prediction(
        p="t", n=n, at=at, model_type=model_type, version="naive", symbol="AAA", horizon=1, value=value,
        naive=0.5,
    )  # fmt: skip


BAD: dict[str, tuple[Event | bytes, str]] = {
    "NaN": (prediction(0, value=math.nan), "must be a finite number"),
    "unknown id": (Outcome(p="t", n=1, at=AT, of=("t", 77), value=1.0), "prediction t-77, which is unknown"),
    "garbage": (b"\xc1garbage", "not one msgpack"),
    "model type": (prediction(2, model_type="arima"), "model type 'arima' is unknown"),
    "future": (prediction(3, at=FUTURE), "after its entry was written"),
}


@pytest.fixture(scope="module")
def player(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    """Watcher and shadow, told all that is bad and then a good pair."""
    site = Site(tmp_path_factory.mktemp("bad"), server_url)
    with Crew(site, ("watcher", "shadow")) as crew, Player(crew) as player:
        good = prediction(4), Outcome(p="t", n=5, at=AT, of=("t", 4), value=2.0)
        for entry in [*(bad for bad, _ in BAD.values()), *good]:
            data = entry if isinstance(entry, bytes) else encode(entry)
            player.stage.space.commit([], [Add(player.stage.keys.events, data)])
        newest = player.stage.events.last_id()
        both = {"watcher": newest, "shadow": newest}
        player.until(lambda: player.stage.progress.cursors() == both, "the events to be folded")
        yield player


@pytest.fixture(scope="module")
def reasons(player: Player) -> list[str]:
    """Why the entries in the quarantine are there."""
    rows = player.stage.space.read(player.stage.keys.quarantine, "0-0", 100)
    return [json.loads(data)["reasons"][0][1] for _, data in rows]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_entry_is_quarantined_with_its_reason(reasons: list[str], name: str) -> None:
    _, expected = BAD[name]
    assert [reason for reason in reasons if expected in reason] != []


def test_each_bad_entry_is_kept_once_though_two_roles_read_it(reasons: list[str]) -> None:
    assert len(reasons) == len(BAD)


def test_what_follows_bad_entries_is_folded(player: Player) -> None:
    facts = bootstrap.facts(player.stage, player.crew.site.settings.policy())
    assert (facts["predictions"], facts["joined"]) == (1, 1)
    assert player.crew.alive("watcher")
    assert player.crew.alive("shadow")
