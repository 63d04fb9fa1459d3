"""Flow: what the watcher and the shadow do with every row before it means anything to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from clm.decisions.block import Block, Rows, rows_of
from clm.decisions.health import Health, largest, out_of_range
from clm.decisions.intake import Intake
from clm.decisions.join import MAX_PENDING, Join, Pair, prediction
from clm.decisions.layout import (
    ABSENT,
    KEY,
    MODEL,
    REFUSED,
    UNWANTED,
    Bounds,
    DecayArrays,
    HealthArrays,
    WatchArrays,
)
from clm.decisions.names import Key, Names
from clm.decisions.points import Points
from clm.errors import MalformedEvent
from clm.events import Event, Outcome, Prediction
from clm.records import Decision
from clm.scope import Scope

NO_WINDOWS = Health(1, 0)
"""For a fold that keeps none."""

NO_DETECTORS = DecayArrays(*(np.zeros((0, 1)) for _ in DecayArrays._fields))
"""For a fold whose policy has none."""

CROWD = 8192
"""Names that are not looked through for those that nobody needs any more."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Why the loop stopped: something is due, or an event that the fold wants to see."""

    model: int = -1  # index of the model type whose triggers may have something to say
    predicted: Prediction | None = None
    matured: Pair | None = None


class Flow:
    """Intake and join of a scope's stream, a row at a time and yet thousands at once.

    Parameters:
        describe: what the fold knows of a key: (model, shelf, watched), see KEY.
        health: where pairs are folded; None: nowhere.
        models: how many model types have triggers.
        decay: their detectors.
    """

    def __init__(
        self,
        scope: Scope,
        describe: Callable[[Key], tuple[int, int, bool]],
        health: Health | None = None,
        models: int = 0,
        decay: DecayArrays = NO_DETECTORS,
    ) -> None:
        self.names = Names()
        self.intake, self.join = Intake(self.names), Join(self.names)
        self.models = np.zeros(max(models, 1), MODEL)
        self.points = Points(max(models, 1))
        self._health, self._describe, self._decay = health, describe, decay
        self._exponent = scope.exponent
        scale = 1.0 if health is None else float(health.scale)
        self._bounds = Bounds(largest(scope.exponent), scale, MAX_PENDING)
        self._keys = np.zeros(64, KEY)
        self._described = 0
        self._refused = np.zeros(1024, REFUSED)

    def one(self, event: Prediction | Outcome) -> Iterator[Stop]:
        """Fold one event. Raises MalformedEvent when it is impossible; it changed nothing but the intake."""
        refused = list[str]()
        yield from self._run(rows_of([event], self.names), lambda _, reason: refused.append(reason))
        if refused:
            raise MalformedEvent(refused[0])

    def through(
        self,
        block: Block,
        due: Callable[[Iterator[Stop]], list[Decision]],
        apply: Callable[[Event], list[Decision]],
    ) -> list[Decision]:
        """The decisions that a block brings, as if its events were applied one after the other.

        Parameters:
            due: what the stops between two single events bring.
            apply: what a single event brings; MalformedEvent refuses it.
        """
        made, at = list[Decision](), 0
        for single in block.singles:
            if at < single.position:
                made += due(self.many(block, at, single.position))
                at = single.position
            try:
                made += apply(single.event)
            except MalformedEvent as error:
                block.refuse(single.entry, single.row, str(error))
        if at < len(block.rows):
            made += due(self.many(block, at, len(block.rows)))
        self.tidy()
        return made

    def many(self, block: Block, start: int, stop: int) -> Iterator[Stop]:
        """Fold rows of a block."""
        if start < stop:
            refuse = block.refuse_row
            yield from self._run(block.rows[start:stop], lambda i, reason: refuse(start + i, reason))

    def describe_again(self) -> None:
        """What the fold knows of the keys has changed."""
        self._described = 0

    def tidy(self) -> None:
        """Forget names that nothing refers to any more, when there are many."""
        if max(len(self.names.producers), len(self.names.keys)) < CROWD:
            return
        waiting = self.join.pending()
        heard = {*self.intake.heard(), *map(int, waiting["p"])}
        producers, keys = self.names.keep(heard, map(int, waiting["key"]))
        self.intake.keep(producers)
        self.join.keep(producers, keys)
        self.describe_again()

    def _run(self, rows: Rows, refuse: Callable[[int, str], None]) -> Iterator[Stop]:
        from clm.decisions.compiled import flow as loop

        if len(rows) > len(self._refused):
            self._refused = np.zeros(2 * len(rows), REFUSED)
        at, refused = 0, self._refused
        while at < len(rows):
            self._prepare()
            shelves, bars = self.points.shelves.reshape(-1), self.points.bars
            watched = WatchArrays(self._keys, self.models, shelves, bars, refused, self._decay)
            at, reason, model, count = loop.flow(
                rows, at, self.intake.arrays, self.join.arrays, self._windows(), watched, self._bounds
            )
            for row, code in refused[:count].tolist():
                refuse(row, self._refusal(rows[row], code))
            if reason == loop.NEW_PRODUCER:
                self.intake.introduce(int(rows[at]["p"]), int(rows[at]["n"]))
            elif reason == loop.NO_PLACE:
                self.join.widen()
            elif reason == loop.NO_WINDOW:
                self._open(rows[at])
            elif reason == loop.NO_ROOM:
                self.points.widen(model)
            elif reason != loop.DONE:
                yield self._stop(rows[at - 1], reason, model)

    def _windows(self) -> HealthArrays:
        return (self._health or NO_WINDOWS).arrays

    def _prepare(self) -> None:
        """Know every producer and key that has a name."""
        self.intake.reserve()
        wanted = len(self.names.keys)
        if wanted > len(self._keys):
            self._keys = np.concatenate([self._keys, np.zeros(wanted, KEY)])
        for code in range(self._described, wanted):
            key = self.names.keys[code]
            model, shelf, seen = self._describe(key)
            self._keys[code] = (model, self._window(key), shelf, seen)
        self._described = wanted

    def _window(self, key: Key) -> int:
        if self._health is None:
            return UNWANTED
        return self._health.index.get((key.model_type, key.version), ABSENT)

    def _open(self, row: np.void) -> None:
        """Give the version of the prediction that an outcome is about to meet a window."""
        assert self._health is not None
        key = self.names.keys[self._met(row)]
        self._health.begin(key.model_type, key.version)
        self.describe_again()  # another version's window may have made room

    def _met(self, row: np.void) -> int:
        waiting = self.join.pending()
        same = (waiting["p"] == -1 - row["key"]) & (waiting["n"] == row["of_n"])
        return int(waiting["key"][np.flatnonzero(same)[-1]])

    def _stop(self, row: np.void, reason: int, model: int) -> Stop:
        from clm.decisions.compiled import flow as loop

        if reason == loop.PREDICTED:
            return Stop(predicted=prediction(self.names, row))
        if reason == loop.MATURED:
            met = prediction(self.names, self.join.arrays.met[0])
            return Stop(matured=Pair(met, float(row["value"]), int(row["at"])))
        return Stop(model=model)

    def _refusal(self, row: np.void, code: int) -> str:
        from clm.decisions.compiled import flow as loop

        if code == loop.OUT_OF_RANGE:
            bad = next(v for v in (row["value"], row["naive"]) if not abs(v) < self._bounds.value)
            return str(out_of_range(float(bad), self._exponent))
        name = f"{self.names.producers[row['p']]}-{row['n']}"
        of = f"{self.names.producers[-1 - row['key']]}-{row['of_n']}"
        if code == loop.UNKNOWN:
            return (
                f"outcome {name} is of prediction {of}, which is unknown or has its outcome already: "
                "publish the prediction first, and one outcome for each"
            )
        return (
            f"outcome {name} at {row['at']} is earlier than its prediction {of}: "
            "`at` of an outcome is when it became known"
        )

    def state(self) -> dict[str, Any]:
        """What was folded, as msgpack can carry it."""
        return {"intake": self.intake.state(), "join": self.join.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self.intake.restore(state["intake"])
        self.join.restore(state["join"])
        self.describe_again()
