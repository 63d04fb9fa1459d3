"""A candidate that needs a column which the trader does not publish is refused with the names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from clm.replay.engine import Engine
from clm.replay.trader import PaperTrader
from producers import EventPublisher
from tests.acceptance.site import Site
from worker import bootstrap

KEPT = 3  # columns that are published
BARS = 150  # a second candidate is in its shadow by then


class Narrow:
    """A publisher whose input rows have the first columns only."""

    def __init__(self, publisher: EventPublisher) -> None:
        self._publisher = publisher

    def __getattr__(self, name: str) -> Any:
        return getattr(self._publisher, name)

    def input(self, symbol: str, at: int, _: str, x: bytes) -> None:
        self._publisher.input(symbol, at, "narrow", x[: 4 * KEPT])


def engine(site: Site, publisher: EventPublisher, stage: Any) -> Engine:
    """The whole loop in memory, with a trader that publishes too little."""
    policy, field = site.settings.policy(), site.market.field
    handle = bootstrap.handle(stage, policy.models)
    return Engine(
        trader=PaperTrader(site.market.tape, Narrow(publisher), handle, site.market.scope.horizon),
        publish=publisher.flush,
        consumers=(bootstrap.watcher(stage, policy), bootstrap.shadow(stage, policy)),
        dispatcher=bootstrap.dispatcher(stage),
        jobs=bootstrap.inline_jobs(stage, field.workshop, field.data),
        refresh=handle.refresh,
    )


def test_a_candidate_with_missing_features_is_rejected_with_their_names(tmp_path: Path) -> None:
    site = Site(tmp_path, "unix:///nowhere")
    tape, scope = site.market.tape, site.market.scope
    stage = bootstrap.memory_stage(replace(scope, schemas={**scope.schemas, "narrow": tape.columns[:KEPT]}))
    loop = engine(site, bootstrap.memory_publisher(stage, "tape"), stage)
    loop.run(replace(tape, bars=tape.bars[:BARS]))
    logged = [decision for _, decision in stage.decisions.read("0-0")]
    refused = [each for each in logged if each.reason.startswith("critical")]
    assert {(each.role, each.kind) for each in refused} == {("shadow", "reject")}
    assert f"needs {', '.join(tape.columns[KEPT:])}, which rows of schema narrow" in refused[0].reason
    assert refused[0].model_type in {each.model_type for each in logged if each.role == "registry"}
