"""Prometheus metrics of a scope, read from what the processes left on the server at each scrape.

Nothing is counted in this process, so nothing is lost when any of them restarts.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from clm.events import DAY, SECOND, micros
from clm.model import RetrainTrigger
from clm.ports import STREAMS, RunRecord
from worker import health
from worker.services import Services
from worker.tally import Tally

ALL_RUNS = 1_000_000
MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86400.0
TRAINING_BUCKETS_S = (1.0, 5.0, 15.0, MINUTE_S, 5 * MINUTE_S, 15 * MINUTE_S, HOUR_S, 4 * HOUR_S)
SHADOW_BUCKETS_S = (HOUR_S, 6 * HOUR_S, DAY_S, 2 * DAY_S, 4 * DAY_S, 7 * DAY_S, 14 * DAY_S, 56 * DAY_S)
EVALUATION = ("rmse", "mae", "directional_accuracy")
UNFINISHED = frozenset({"queued", "started"})

Row = tuple[Sequence[str], float | None]
"""Labels after ``scope``, and the value; None where there is none yet."""


def exposition(services: Services) -> Callable[[], bytes]:
    """A function that gives the metrics as Prometheus text. It raises UnreachableServer."""
    registry = CollectorRegistry()
    registry.register(ScopeCollector(services))
    return lambda: generate_latest(registry)


class ScopeCollector(Collector):
    """Every metric of one scope; each carries the labels ``scope`` and, mostly, ``model_type``."""

    def __init__(self, services: Services) -> None:
        self._services, self._tally = services, Tally()
        self._cursor = "0-0"
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        """All families, one after the other."""
        with self._lock:
            while rows := self._services.decisions.read(self._cursor):
                for self._cursor, decision in rows:
                    self._tally.apply(decision)
            runs = self._services.runs.list(ALL_RUNS)
            families = [*self._trainings(runs), *self._verdicts(), *self._models(), *self._streams()]
            families += self._retention()
        yield from families

    def _trainings(self, runs: Sequence[RunRecord]) -> Iterator[Metric]:
        names = self._services.names
        asked = {(name, each.value): 0 for name in names for each in RetrainTrigger}
        for run in runs:
            asked[run.model_type, run.trigger] = asked.get((run.model_type, run.trigger), 0) + 1
        labels = ("model_type", "trigger")
        yield self._counter("clm_retrains_total", "Training runs", asked.items(), labels)
        failed = [run.model_type for run in runs if run.phase == "failed"]
        yield self._counter("clm_failures_total", "Failed trainings", _each(names, failed.count))
        dead = [run.model_type for run in runs if run.dead]
        yield self._counter("clm_dead_runs_total", "Runs given up", _each(names, dead.count))
        spent: dict[str, list[float]] = {name: [] for name in names}
        for run in runs:
            if run.phase not in UNFINISHED:
                spent.setdefault(run.model_type, []).append(run.duration_seconds)
        text = "Wall seconds of a training, evaluation included"
        yield self._histogram("clm_training_duration_seconds", text, spent, TRAINING_BUCKETS_S)
        unfinished = [run.model_type for run in runs if run.phase in UNFINISHED]
        yield self._gauge("clm_unfinished_runs", "Runs queued or started", _each(names, unfinished.count))

    def _verdicts(self) -> Iterator[Metric]:
        names, tally = self._services.names, self._tally
        for name, text, counts in (
            ("clm_promotions_total", "Moves to another version, by verdict or hand", tally.promotions),
            ("clm_rejections_total", "Candidates judged and not better", tally.rejections),
            ("clm_rollbacks_total", "Returns to the version before", tally.rollbacks),
            ("clm_canary_aborts_total", "Canaries that were taken off every key", tally.aborts),
        ):
            yield self._counter(name, text, _each(names, counts.__getitem__))
        ratios = _each(names, tally.promotion_ratio)
        yield self._gauge("clm_promotion_ratio", "Share of judged candidates that passed", ratios)
        spent = {name: tally.shadow_seconds.get(name, []) for name in names}
        yield self._histogram(
            "clm_shadow_duration_seconds", "Event seconds of an ended shadow", spent, SHADOW_BUCKETS_S
        )

    def _models(self) -> Iterator[Metric]:
        registry, models = self._services.registry, self._services.policy.models
        clock, ages = self._services.clock(), []
        newest = {each.value: registry.get_model_history(each, 1) for each in models}
        for each in models:
            active = registry.get_active(each)
            if active is not None:
                ages.append(((each.value,), (clock - micros(active.trained_at)) / DAY))
        text = "Event days since the active model was trained; absent while naive serves"
        yield self._gauge("clm_active_model_age_days", text, ages)
        routes = {each.value: registry.route(each) for each in models}
        shares = [((name,), route.share) for name, route in routes.items()]
        yield self._gauge("clm_canary_share", "Fraction of the keys on a canary; 0 without one", shares)
        held = [((name,), float(route.frozen or route.pin is not None)) for name, route in routes.items()]
        yield self._gauge("clm_route_held", "1 while a person froze or pinned the route", held)
        for metric in EVALUATION:
            values = [((name,), made[0].metrics.get(metric)) for name, made in newest.items() if made]
            yield self._gauge(f"clm_evaluation_{metric}", f"{metric} of the newest candidate", values)

    def _streams(self) -> Iterator[Metric]:
        services = self._services
        refused = [((), services.events.quarantined())]
        yield self._counter("clm_events_quarantined_total", "Refused entries", refused, ())
        lost = services.losses()
        text = "Events that a producer had no room for"
        dropped = [((each.producer,), each.dropped) for each in lost]
        yield self._counter("clm_producer_dropped_total", text, dropped, ("producer",))
        text = "Events that a producer could not write"
        failed = [((each.producer,), each.failed) for each in lost]
        yield self._counter("clm_producer_failed_total", text, failed, ("producer",))
        lags = [((role,), lag) for role, lag in health.lags(services).items()]
        yield self._gauge("clm_stream_lag_seconds", "Entries not folded yet, in time", lags, ("role",))
        clock = [((), services.clock() / SECOND or None)]  # absent before the first event
        yield self._gauge("clm_event_clock_timestamp_seconds", "Event clock, seconds UTC", clock, ())

    def _retention(self) -> Iterator[Metric]:
        trimming, cap = self._services.trimming, self._services.limits.cap_bytes
        taken = {stream: trimming.stock(stream).bytes for stream in STREAMS}
        of_stream = ("stream",)
        text = "Server memory that a stream takes"
        yield self._gauge("clm_stream_bytes", text, _each(taken, taken.get), of_stream)
        text = "Server memory that a stream may take"
        yield self._gauge("clm_stream_cap_bytes", text, _each(taken, lambda _: cap), of_stream)
        gaps = [((gap.stream, gap.role), gap.events) for gap in trimming.gaps()]
        text = "Events cut before a role was done with them"
        yield self._counter("clm_trimmed_unread_total", text, gaps, ("stream", "role"))

    # --- families ---

    def _counter(
        self, name: str, text: str, rows: Iterable[Row], labels: Sequence[str] = ("model_type",)
    ) -> Metric:
        return self._filled(CounterMetricFamily(name, text, labels=("scope", *labels)), rows)

    def _gauge(
        self, name: str, text: str, rows: Iterable[Row], labels: Sequence[str] = ("model_type",)
    ) -> Metric:
        return self._filled(GaugeMetricFamily(name, text, labels=("scope", *labels)), rows)

    def _filled(self, family: CounterMetricFamily | GaugeMetricFamily, rows: Iterable[Row]) -> Metric:
        for values, number in rows:
            if number is not None:
                family.add_metric((self._services.scope.name, *values), number)
        return family

    def _histogram(
        self, name: str, text: str, by_model: dict[str, list[float]], bounds: Sequence[float]
    ) -> Metric:
        family = HistogramMetricFamily(name, text, labels=("scope", "model_type"))
        for model, values in by_model.items():
            family.add_metric((self._services.scope.name, model), _buckets(values, bounds), math.fsum(values))
        return family


def _each(names: Iterable[str], number: Callable[[str], float | None]) -> list[Row]:
    """A row per model type or stream."""
    return [((name,), number(name)) for name in names]


def _buckets(values: Iterable[float], bounds: Sequence[float]) -> list[tuple[str, float]]:
    """How many values are at most each bound, in seconds, as Prometheus wants them."""
    counts = [0] * (len(bounds) + 1)
    for value in values:
        counts[bisect_left(bounds, value)] += 1
    names = [*map(str, bounds), "+Inf"]
    return [(name, float(sum(counts[: i + 1]))) for i, name in enumerate(names)]
