"""The publisher: how a trader tells the loop what it forecast, what came true and what it saw."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from itertools import count
from types import TracebackType
from typing import Any

from clm.errors import ConfigurationError
from clm.events import CLOCK
from clm.store.wire import MAX_NAME
from producers.backlog import Backlog
from producers.channels import Say, predictions
from producers.drafts import INPUT, Maker
from producers.faults import Faults
from producers.float32 import float32_bytes
from producers.flusher import Flusher
from producers.outbox import Outbox
from producers.redis_sink import RedisSink
from producers.ring import Ring
from producers.sinks import Sink
from producers.spool import Spool, place
from producers.stats import Stats


class EventPublisher:
    """Publishes a trader's events from inside its hot loop.

    No call blocks or raises: it leaves the event in a ring that a thread empties, at once while the
    server answers; a command, for which somebody waits, it sends itself if nothing else is under way (some
    0.1 ms). While the server does not answer, events wait in the spool on disk and are sent later, with the
    same ids and in the same order, if need be by the next process. When the spool is full and ``capacity``
    events wait in memory, new ones are dropped and counted, in ``stats``, in the log and on the server. A
    value that cannot be written is dropped, counted and explained in ``errors``. Events arrive at least
    once and, from one calling thread, in order; an input is there before the prediction that used it.

    Make one per process: after a fork the child's copy drops everything, because its ids would be
    the parent's. Call ``close``, or use ``with``, so that the last events are sent.

    Args:
        url: Redis server, e.g. ``redis://localhost:6379/0`` or ``unix:///run/redis.sock``.
        scope: the scope to publish into.
        sink: instead of ``url``, where to write; a replay passes a ``StreamSink`` over memory.
        p: producer, the first half of every event's id. It must be new at each start of a process,
            except in a replay, which sets it so that two runs write the same bytes.
        capacity: events that may wait in memory.
        background: False: no thread, ``flush`` sends (for replays).
        precision: to what forecasts and outcomes are rounded: ``float32``, the models' own, or
            ``float64``, which is twice as long.
        spool_dir: where events wait on disk, apart by scope and server; None: they wait in memory
            only. Without a URL nothing is spooled.
        spool_bytes: that may wait there.

    Raises:
        ConfigurationError: not exactly one of ``url`` and ``sink``, or an impossible url, scope, p,
            capacity, precision or number of bytes.
    """

    def __init__(  # noqa: PLR0913  (its settings, by name)
        self,
        url: str = "",
        scope: str = "default",
        *,
        sink: Sink | None = None,
        p: str | None = None,
        capacity: int = 65_536,
        background: bool = True,
        precision: str = "float32",
        spool_dir: str | None = ".clm/spool",
        spool_bytes: int = 64 * 2**20,
    ) -> None:
        if bool(url) == (sink is not None):
            raise ConfigurationError(f"url is {url!r} and sink {sink!r}; pass exactly one of them")
        if capacity < 1:
            raise ConfigurationError(f"capacity is {capacity}; it must be >= 1")
        if p is not None and not 0 < len(p) <= MAX_NAME:
            raise ConfigurationError(f"p is {p!r:.80}; it must have 1 to {MAX_NAME} characters")
        self.p = p or f"trader-{os.urandom(4).hex()}"
        self._numbers = count()
        self._faults, self._ring = Faults("publisher"), Ring(capacity)
        to = sink or RedisSink(url, scope)
        spool = Spool(place(spool_dir, url, scope), spool_bytes, self._faults) if url and spool_dir else None
        maker = Maker(precision)
        self._outbox = Outbox(self._ring, to, Backlog(spool), maker, self._faults, self.p)
        self._flusher = Flusher(self._ring, self._outbox, self._faults, background=background)
        self._put, self._put_first = self._ring.put, self._flusher.express.put

    def predictions(self, model_type: str, symbol: str, horizon: int) -> Say:
        """A prepared channel: what never changes is said once, and each forecast costs a third less.

        ``say = publisher.predictions("xgboost", "AAPL", horizon=1)``, then at each bar
        ``token = say(version, at, value, naive)``, and later ``publisher.outcome(token, value, at)``.
        """
        return predictions(self._ring, self.p, self._numbers, (model_type, symbol, horizon))

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
        n = next(self._numbers)
        self._put((self.p, n, (model_type, symbol, horizon), at, version, value, naive))
        return self.p, n

    def outcome(self, of: tuple[Any, ...], value: float, at: int) -> None:
        """What a prediction's target turned out to be, known at ``at`` (µs UTC).

        ``of`` is the prediction's identity, or the token of the channel that said it.
        """
        self._put((self.p, next(self._numbers), "outcome", at, of, value))

    def regime(
        self, regime: str, at: int, confidence: float | None = None, symbol: str | None = None
    ) -> None:
        """The market's regime at ``at`` (µs UTC), of the whole scope or of one symbol."""
        self._put((self.p, next(self._numbers), "regime", at, regime, confidence, symbol))

    def input(self, symbol: str, at: int, schema: str, x: Any) -> None:
        """The features of a symbol at the bar that closed at ``at`` (µs UTC), copied now.

        Publish it before the predictions that used it. ``x`` holds one number per column of
        ``schema``: a numpy array, an ``array.array``, float32 little-endian bytes or a sequence.
        """
        try:
            copied: bytes | Exception = float32_bytes(x)
        except Exception as error:  # noqa: BLE001 - whatever x is; the flusher counts and explains it
            copied = error
        self._put(("", 0, INPUT, at, symbol, schema, copied))

    def tick(self, at: int) -> None:
        """Time passed until ``at`` (µs UTC); only for scopes declared ``clock: event``."""
        self._put((CLOCK, 0, "tick", at))

    def command(self, action: str, models: Iterable[str] = (), reason: str = "") -> None:
        """Ask for something as an operator does, in the name of this producer, e.g. from a position monitor.

        Args:
            action: ``retrain``.
            models: model types; none: all of the policy.
            reason: why, for the decision log.
        """
        try:
            asked: Any = tuple(models) if not isinstance(models, str) else models
        except Exception as error:  # noqa: BLE001 - whatever it is; the flusher counts and explains it
            asked = error
        at = time.time_ns() // 1000
        self._put_first((self.p, next(self._numbers), "command", at, action, asked, self.p, reason))

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything is written; False if something is not after ``timeout_s``."""
        return self._flusher.flush(timeout_s)

    def close(self, timeout_s: float = 5.0) -> None:
        """Flush for at most ``timeout_s`` seconds and stop; what is published later is dropped.

        What could not be sent is left in the spool for the next publisher, which may take 2 s more.
        """
        self._flusher.close(timeout_s)

    @property
    def stats(self) -> Stats:
        """How many events and inputs were published, wait in memory and on disk, were dropped and failed."""
        return self._outbox.stats

    @property
    def errors(self) -> Mapping[str, str]:
        """What is wrong now, by kind: ``server``, ``ring``, ``spool``, or the kind of event that failed."""
        return self._faults.messages

    def __enter__(self) -> EventPublisher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
