"""The publisher: how a trader tells the loop what it forecast, what came true and what it saw."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import count
from types import TracebackType
from typing import Any

from clm.errors import ConfigurationError
from clm.events import CLOCK, InputRow, Outcome, Prediction, Regime, Tick, tick
from producers.drafts import Draft
from producers.float32 import float32_bytes
from producers.outbox import Outbox, Stats
from producers.sinks import RedisSink, Sink


class EventPublisher:
    """Publishes a trader's events from inside its hot loop.

    No call blocks or raises: it leaves the event in a ring that a thread empties, at once while the
    server answers and later, with the same ids, while it does not. When ``capacity`` events wait,
    new ones are dropped and counted. A value that cannot be written is dropped, counted and
    explained in ``errors``. Events arrive at least once and, from one calling thread, in order; an
    input is therefore there before the prediction that used it.

    Make one per process: after a fork the child's copy drops everything, because its ids would be
    the parent's. Call ``close``, or use ``with``, so that the last events are sent.

    Args:
        url: Redis server, e.g. ``redis://localhost:6379/0`` or ``unix:///run/redis.sock``.
        scope: the scope to publish into.
        sink: instead of ``url``, where to write; a replay passes a ``StreamSink`` over memory.
        p: producer, the first half of every event's id. It must be new at each start of a process,
            except in a replay, which sets it so that two runs write the same bytes.
        capacity: events that may wait.
        background: False: no thread, ``flush`` sends (for replays).

    Raises:
        ConfigurationError: not exactly one of ``url`` and ``sink``, or an impossible url, scope
            or capacity.
    """

    def __init__(
        self,
        url: str = "",
        scope: str = "default",
        *,
        sink: Sink | None = None,
        p: str | None = None,
        capacity: int = 65_536,
        background: bool = True,
    ) -> None:
        if bool(url) == (sink is not None):
            raise ConfigurationError(f"url is {url!r} and sink {sink!r}; pass exactly one of them")
        if capacity < 1:
            raise ConfigurationError(f"capacity is {capacity}; it must be >= 1")
        self.p = p or f"trader-{os.urandom(4).hex()}"
        self._number = count()
        self._outbox = Outbox(sink or RedisSink(url, scope), capacity, background=background)
        self._put = self._outbox.put

    def prediction(  # noqa: PLR0913  (the fields of the event, by name)
        self,
        *,
        model_type: str,
        version: str,
        symbol: str,
        at: int,
        horizon: int,
        value: float,
        naive: float,
    ) -> tuple[str, int]:
        """A version's forecast; returns its identity, which the outcome will name.

        Args:
            model_type: e.g. ``xgboost``.
            version: the version that gave it, ``naive`` included.
            symbol: what was forecast.
            at: close of the newest bar used, µs UTC.
            horizon: bars until the outcome.
            value: the forecast, target units.
            naive: the naive forecast, target units.
        """
        n = next(self._number)
        values = (model_type, version, symbol, horizon, value, naive)
        self._put(Draft(Prediction, self.p, n, at, values))
        return self.p, n

    def outcome(self, of: tuple[str, int], value: float, at: int) -> None:
        """What a prediction's target turned out to be, known at ``at`` (µs UTC)."""
        self._put(Draft(Outcome, self.p, next(self._number), at, (of, value)))

    def regime(
        self, regime: str, at: int, confidence: float | None = None, symbol: str | None = None
    ) -> None:
        """The market's regime at ``at`` (µs UTC), of the whole scope or of one symbol."""
        values = (regime, confidence, symbol)
        self._put(Draft(Regime, self.p, next(self._number), at, values))

    def input(self, symbol: str, at: int, schema: str, x: Any) -> None:
        """The features of a symbol at the bar that closed at ``at`` (µs UTC), copied now.

        Publish it before the predictions that used it. ``x`` holds one number per column of
        ``schema``: a numpy array, an ``array.array``, float32 little-endian bytes or a sequence.
        """
        try:
            copied: bytes | Exception = float32_bytes(x)
        except (AttributeError, TypeError, ValueError, OverflowError) as error:
            copied = error  # the flusher counts and explains it
        self._put(Draft(InputRow, "", 0, at, (symbol, schema, copied)))

    def tick(self, at: int) -> None:
        """Time passed until ``at`` (µs UTC); only for scopes declared ``clock: event``."""
        try:
            n = tick(at).n
        except TypeError:
            n = 0  # the flusher explains it
        self._put(Draft(Tick, CLOCK, n, at, ()))

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything is written; False if something is not after ``timeout_s``."""
        return self._outbox.flush(timeout_s)

    def close(self, timeout_s: float = 5.0) -> None:
        """Flush for at most ``timeout_s`` seconds and stop; what is published later is dropped."""
        self._outbox.close(timeout_s)

    @property
    def stats(self) -> Stats:
        """How many events and inputs were published, wait, were dropped and failed."""
        return self._outbox.stats

    @property
    def errors(self) -> Mapping[str, str]:
        """What is wrong now, by kind: ``server``, ``ring``, or the kind of event that failed."""
        return self._outbox.faults.messages

    def __enter__(self) -> EventPublisher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
