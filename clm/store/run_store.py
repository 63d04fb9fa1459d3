"""Run records: each set once, claimed under a lease, ended once with the event that says so."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from clm.errors import NotOwner, UnknownRun
from clm.events import Event, Run
from clm.ports import Fence, RunRecord
from clm.records import canonical
from clm.store.codec import encode
from clm.store.decision_log import held
from clm.store.keys import OPEN_RUNS, Keys
from clm.store.keyspace import Add, Check, Count, Drop, Keyspace, Put, Write
from clm.store.ownership import keep_lease, taken

UNFINISHED = frozenset({"queued", "started"})

PREFIX = "run-"
"""Of the names under which runs are leased, so that no run is taken for a role."""

KEPT_DEAD = 10_000
"""Dead letters that are kept, about."""


class HashRuns:
    """The run records of a scope."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def open(self, record: RunRecord) -> bool:
        """Set the record once; False if it exists."""
        return self.open_all([record])[0]

    def open_all(self, records: Sequence[RunRecord], fence: Fence | None = None) -> list[bool]:
        """Set each record once; whether it is new. One round trip when all are.

        Raises:
            NotOwner: the fence is stale; nothing was set.
        """
        mine = held(self._keys, fence)
        absent = [Check(self._keys.runs, None, each.run) for each in records]
        if self._space.commit([*mine, *absent], self._opening(records)):
            return [True] * len(records)
        if len(records) > 1:
            return [self.open_all([each], fence)[0] for each in records]
        if not self._space.commit(mine, []):
            raise NotOwner(f"{fence} is stale: another process owns the role now")
        return [False]

    def get(self, run: str) -> RunRecord:
        """Raises UnknownRun."""
        return _record(self._raw(run))

    def list(self, limit: int = 100) -> tuple[RunRecord, ...]:
        """The newest runs, newest first."""
        return tuple(reversed(self._all()))[:limit]

    def unfinished(self) -> tuple[RunRecord, ...]:
        """The runs that are queued or started, oldest first."""
        return tuple(record for record in self._all() if record.phase in UNFINISHED)

    def claim(self, run: str, owner: str, lease_s: float) -> Fence | None:
        """Start an attempt; None if the run has ended or another attempt's lease runs."""
        raw = self._raw(run)
        record = _record(raw)
        if record.phase not in UNFINISHED:
            return None
        checks, writes, fence = taken(self._space, self._keys, self._name(run), owner, lease_s)
        started = replace(record, phase="started", attempt=record.attempt + 1, token=fence.token)
        first = [Add(self._keys.events, encode(_started(record)))] if record.attempt == 0 else []
        checks.append(Check(self._keys.runs, raw, run))
        return fence if self._space.commit(checks, [*writes, self._put(started), *first]) else None

    def renew(self, fence: Fence, lease_s: float) -> None:
        """Extend the lease. Raises NotOwner when a later attempt holds the run."""
        keep_lease(self._space, self._keys, fence, lease_s)

    def leased(self, run: str) -> bool:
        """Whether an attempt's lease runs."""
        return self._space.get(self._keys.lease(self._name(run))) is not None

    def finish(self, record: RunRecord, fence: Fence, event: Event) -> bool:
        """End the run and write its event, once; False if it had ended.

        Raises:
            NotOwner: a later attempt holds the run.
        """
        told: list[Write] = [Add(self._keys.events, encode(event))]
        if record.phase == "candidate" and record.cpu_seconds > 0:
            told.append(Put(self._keys.costs, f"{record.cpu_seconds:.3f}".encode(), record.model_type))
        return self._end(record, held(self._keys, fence), told)

    def bury(self, record: RunRecord, event: Event) -> bool:
        """Fail a run with its event and a dead letter, once; False if it had ended.

        Raises:
            NotOwner: an attempt's lease runs.
        """
        nobody = [Check(self._keys.lease(self._name(record.run)), None)]
        letter = Add(self._keys.dead, canonical(_letter(record)), cap=KEPT_DEAD)
        return self._end(record, nobody, [Add(self._keys.events, encode(event)), letter])

    def lose(self, record: RunRecord) -> RunRecord | None:
        """Count a job that vanished before its attempt began; None if the record changed meanwhile."""
        raw, counted = self._raw(record.run), replace(record, lost=record.lost + 1)
        if _record(raw) != record:
            return None
        same = Check(self._keys.runs, raw, record.run)
        return counted if self._space.commit([same], [self._put(counted)]) else None

    def abandon(self, run: str, owner: str) -> bool:
        """End the lease of an owner that is known to be dead; False if it holds none."""
        lease = self._keys.lease(self._name(run))
        writes = [Drop(lease), Drop(self._keys.told, run)]
        return self._space.commit([Check(lease, owner.encode())], writes)

    def condemn(self, record: RunRecord, owner: str, event: Event) -> bool:
        """Fail a run whose attempt was ended from outside, with its event, once; False if it had ended.

        Raises:
            NotOwner: another attempt holds the run.
        """
        lease, told = self._keys.lease(self._name(record.run)), [Add(self._keys.events, encode(event))]
        try:
            return self._end(record, [Check(lease, owner.encode())], told)
        except NotOwner:  # who hangs may have stopped renewing its lease
            return self._end(record, [Check(lease, None)], told)

    def tell(self, fence: Fence, progress: Mapping[str, Any]) -> None:
        """Keep how far the attempt of a run is; of no effect once it holds the run no more."""
        mine = [*held(self._keys, fence), Check(self._keys.lease(fence.name), fence.owner.encode())]
        told = Put(self._keys.told, canonical(dict(progress)), fence.name.removeprefix(PREFIX))
        self._space.commit(mine, [told])

    def told(self) -> dict[str, dict[str, Any]]:
        """Run that is being trained -> what its attempt told last; the run's end clears it."""
        return {run: json.loads(said) for run, said in self._space.all(self._keys.told).items()}

    def costs(self) -> dict[str, float]:
        """Model type -> CPU seconds of its newest training that ended with a candidate."""
        return {name: float(cost) for name, cost in self._space.all(self._keys.costs).items()}

    def _opening(self, records: Sequence[RunRecord]) -> Sequence[Write]:
        order = [Add(self._keys.run_order, each.run.encode()) for each in records]
        opened = Count(self._keys.progress, OPEN_RUNS, len(records))
        return [*map(self._put, records), *order, opened]

    def _end(self, record: RunRecord, mine: Sequence[Check], told: Sequence[Write]) -> bool:
        lease = self._keys.lease(self._name(record.run))
        closed: list[Write] = [
            Count(self._keys.progress, OPEN_RUNS, -1),
            Drop(lease),
            Drop(self._keys.told, record.run),
        ]
        ended = [self._put(record), *closed, *told]
        while True:
            raw = self._raw(record.run)
            if _record(raw).phase not in UNFINISHED:
                self._require(mine, record.run)
                return False
            if self._space.commit([*mine, Check(self._keys.runs, raw, record.run)], ended):
                return True
            self._require(mine, record.run)

    def _require(self, mine: Sequence[Check], run: str) -> None:
        if not self._space.commit(mine, []):
            raise NotOwner(f"run {run} was taken by a later attempt: this result counts for nothing")

    def _all(self) -> Sequence[RunRecord]:
        records = self._space.all(self._keys.runs)
        order = self._space.read(self._keys.run_order, "0-0", len(records) or 1)
        return [_record(records[run.decode()]) for _, run in order if run.decode() in records]

    def _raw(self, run: str) -> bytes:
        raw = self._space.get(self._keys.runs, run)
        if raw is None:
            raise UnknownRun(f"there is no run {run!r}: `clm runs` lists them")
        return raw

    def _put(self, record: RunRecord) -> Write:
        return Put(self._keys.runs, canonical(asdict(record)), record.run)

    def _name(self, run: str) -> str:
        return f"{PREFIX}{run}"


def _record(raw: bytes) -> RunRecord:
    return RunRecord(**json.loads(raw))


def _letter(record: RunRecord) -> dict[str, object]:
    return {
        "run": record.run,
        "model_type": record.model_type,
        "attempts": record.attempt + record.lost,
        "error": record.error,
    }


def _started(record: RunRecord) -> Run:
    return Run(
        p=f"run:{record.run}",
        n=0,
        at=record.as_of,
        run=record.run,
        model_type=record.model_type,
        cause=record.run,
        phase="started",
        as_of=record.as_of,
    )
