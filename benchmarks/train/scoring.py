"""What scoring costs beside the bare calls: one live event, and a shadow's rows in blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.stream.figure import ratio, spread
from benchmarks.stream.meter import cpu_seconds
from benchmarks.train.figure import Figure
from benchmarks.train.market import HOUR, bars, engineer
from benchmarks.train.sizes import Sizes
from benchmarks.train.stable import fitted
from clm.events import SECOND, InputRow
from clm.learning.bundle import Bundle, pack
from clm.learning.scoring import AHEAD, BundleScorer
from clm.model import ModelType
from clm.scope import Scope
from clm.store.artifact_store import MemoryArtifactStore
from clm.store.event_log import StreamInputLog
from clm.store.keys import Keys
from clm.store.memory_keyspace import MemoryKeyspace
from producers.faults import Faults
from producers.forecaster import Forecaster
from producers.served import Served

MICROSECONDS = 1e6
LONGEST = 120
"""Rows of the longest window."""

UNKNOWN = 100
"""Rows at the beginning whose features reach back too far, and more."""


def measure(sizes: Sizes) -> Iterator[Figure]:
    """The rows of this section."""
    models = fitted(sizes.trees)
    frame = engineer().transform(bars(UNKNOWN + LONGEST + sizes.scored + sizes.lived))
    x = frame[list(engineer().get_feature_names())].to_numpy(np.float32)
    x = x[np.isfinite(x).all(axis=1)]
    if sizes.wants("live_event_over_bare"):
        yield _live(models, x, sizes)
    if sizes.wants("shadow_over_bare"):
        yield _shadow(models, x, sizes)


def _live(models: dict[ModelType, Bundle], x: Any, sizes: Sizes) -> Figure:
    costs: dict[str, list[float]] = {"ours": [], "bare": []}
    bare = {each: _bare(bundle) for each, bundle in models.items()}
    for number in range(sizes.passes + 1):
        ours, theirs = _lived(models, x, sizes.lived), _called(bare, models, x, sizes.lived)
        costs["ours"] += [ours] if number else []
        costs["bare"] += [theirs] if number else []
    raw = {"unit": "CPU µs per event, all four models", **{name: spread(c) for name, c in costs.items()}}
    return Figure("live_event_over_bare", ratio(costs["ours"], costs["bare"]), raw)


def _lived(models: dict[ModelType, Bundle], x: Any, events: int) -> float:
    """The trader's way: a row is kept, then each model type's version is asked for its forecast."""
    forecaster = Forecaster(x.shape[1], 4096, Faults("bench"))
    for at, row in enumerate(x[:LONGEST], 1):
        forecaster.observe("S", at, row)
    served = [Served("v1", 0, bundle) for bundle in models.values()]
    since = cpu_seconds()
    for at in range(LONGEST + 1, LONGEST + events + 1):
        forecaster.observe("S", at, x[at - 1])
        for each in served:
            forecaster.forecast(each, "S", at, 0.0)
    assert not any(forecaster.fallbacks.values())
    return (cpu_seconds() - since) / events * MICROSECONDS


def _called(
    bare: dict[ModelType, Callable[[Any], Any]], models: dict[ModelType, Bundle], x: Any, events: int
) -> float:
    windows = {
        each: [
            np.ascontiguousarray(x[at - bundle.input_size : at])
            for at in range(LONGEST + 1, LONGEST + events + 1)
        ]
        for each, bundle in models.items()
    }
    since = cpu_seconds()
    for number in range(events):
        for each, call in bare.items():
            call(windows[each][number])
    return (cpu_seconds() - since) / events * MICROSECONDS


def _bare(bundle: Bundle) -> Callable[[Any], Any]:
    """The library's cheapest call of one window, with as little around it as can be."""
    model: Any = bundle.model
    if bundle.model_type is ModelType.XGBOOST:
        return lambda window: model._booster.inplace_predict(window)[0]
    if bundle.model_type is ModelType.LIGHTGBM:
        row, call, bound = model._single._row, model._single._call, model._single._bound

        def single(window: Any) -> float:
            row[:] = window[0]
            call(*bound)
            value: float = model._single._value.value
            return value

        return single
    import torch

    model.one(np.zeros((bundle.input_size, len(bundle.columns)), np.float32))
    network, place = model._traced._network, model._traced._window
    column = model.lens.column

    def traced(window: Any) -> Any:
        place[0, :, 0] = window[:, column]
        with torch.inference_mode():
            return network(model._traced._input)[0, 0, 0].item()

    return traced


def _shadow(models: dict[ModelType, Bundle], x: Any, sizes: Sizes) -> Figure:
    keep = sizes.scored // AHEAD * AHEAD
    costs: dict[str, list[float]] = {"ours": [], "bare": []}
    by_model: dict[str, list[float]] = {each.value: [] for each in models}
    for number in range(sizes.passes + 1):
        ours, alone = _shadowed(models, x, keep), _batched(models, x, keep)
        if number:
            costs["ours"].append(ours)
            costs["bare"].append(sum(alone.values()))
            for name, cost in alone.items():
                by_model[name].append(cost)
    raw = {
        "unit": f"CPU µs per row, four candidates, blocks of {AHEAD}",
        **{name: spread(cost) for name, cost in costs.items()},
        **{f"bare_{name}": spread(cost) for name, cost in by_model.items()},
    }
    return Figure("shadow_over_bare", ratio(costs["ours"], costs["bare"]), raw)


def _shadowed(models: dict[ModelType, Bundle], x: Any, count: int) -> float:
    """The shadow's way: rows from the inputs stream, and each candidate's score of each of them."""
    inputs, artifacts = StreamInputLog(MemoryKeyspace(), Keys("default")), MemoryArtifactStore()
    score = BundleScorer(artifacts, inputs, Scope())
    names = [artifacts.put(pack(bundle)) for bundle in models.values()]
    schema = engineer().schema
    for number, row in enumerate(x[: LONGEST + count]):
        inputs.append(InputRow("S", (number + 1) * HOUR * SECOND, schema, row.tobytes()))
    for name in names:
        score._loaded(name)  # a candidate is loaded and tried once
    since = cpu_seconds()
    for number in range(LONGEST, LONGEST + count):
        for name in names:
            assert score(name, "S", (number + 1) * HOUR * SECOND) is not None
    return (cpu_seconds() - since) / count * MICROSECONDS


def _batched(models: dict[ModelType, Bundle], x: Any, count: int) -> dict[str, float]:
    """Bare batch forecasts of the same rows, in windows that are there already.

    Block by block like the shadow's, so that both sides find the caches as the other models have left them.
    """
    blocks, costs = {}, dict.fromkeys((each.value for each in models), 0.0)
    for each, bundle in models.items():
        places = np.arange(LONGEST, LONGEST + count)[:, None] + np.arange(1 - bundle.input_size, 1)
        blocks[each] = [x[places[k : k + AHEAD]] for k in range(0, count, AHEAD)]
    for k in range(count // AHEAD):
        for each, bundle in models.items():
            since = cpu_seconds()
            bundle.model.predict(blocks[each][k])
            costs[each.value] += (cpu_seconds() - since) / count * MICROSECONDS
    return costs
