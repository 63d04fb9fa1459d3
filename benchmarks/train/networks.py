"""Our training loop beside neuralforecast's own: the same network, steps and windows per step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.stream.figure import ratio, spread
from benchmarks.stream.meter import cpu_seconds
from benchmarks.train.figure import Figure
from benchmarks.train.sizes import Sizes
from clm.learning import loop
from clm.learning.loop import Plan
from clm.learning.network_parameters import Setting
from clm.learning.neural import NHITSModel
from clm.learning.series import dataset
from clm.learning.session import session

if TYPE_CHECKING:
    from numpy.typing import NDArray

Series = Sequence["NDArray[np.float32]"]

SYMBOLS, WINDOWS = 5, 256
SETTING = Setting(column=0, horizon=24, seed=1)
SYMBOL_KEYS = {512: ("symbols_5_over_1",)}
"""Units -> the rows that are measured beside the network of so many."""


def measure(sizes: Sizes) -> Iterator[Figure]:
    """The rows of this section; both sides in float32, so that only the loop differs."""
    chance = np.random.default_rng(1)
    series = [chance.normal(size=sizes.bars).astype(np.float32) for _ in range(SYMBOLS)]
    for units, steps in ((512, sizes.steps_512), (128, sizes.steps_128)):
        if not sizes.wants(f"nhits{units}_speedup", *SYMBOL_KEYS.get(units, ())):
            continue
        costs = _raced(series, units, steps, sizes.passes)
        raw = {
            "unit": f"CPU s of {steps} steps",
            **{name: spread(each) for name, each in costs.items()},
            "with_bfloat16": ratio(costs["neuralforecast"], costs["bfloat16"]),
        }
        yield Figure(f"nhits{units}_speedup", ratio(costs["neuralforecast"], costs["ours"]), raw)
        for key in SYMBOL_KEYS.get(units, ()):
            yield _symbols(key, costs, steps)


def _symbols(key: str, costs: dict[str, list[float]], steps: int) -> Figure:
    raw = {"unit": f"CPU s of {steps} steps", "five": spread(costs["ours"]), "one": spread(costs["one"])}
    return Figure(key, ratio(costs["ours"], costs["one"]), raw)


def _raced(series: Series, units: int, steps: int, passes: int) -> dict[str, list[float]]:
    """CPU seconds of each, in turns; a first turn, which warms imports and caches, does not count."""
    ways: dict[str, Callable[[], float]] = {
        "neuralforecast": lambda: _theirs(series, units, steps),
        "ours": lambda: _ours(series, units, steps),
        "bfloat16": lambda: _ours(series, units, steps, bfloat16=loop.has_bfloat16()),
        "one": lambda: _ours(series[:1], units, steps),
    }
    costs: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(passes + 1):
        for name, way in ways.items():
            cost = way()
            costs[name] += [cost] if number else []
    return costs


def _network(units: int, steps: int) -> Any:
    params = {"max_steps": steps, "windows_batch_size": WINDOWS, "mlp_units": [[units, units]] * 3}
    return NHITSModel._build(NHITSModel.library_params(params, SETTING))


def _theirs(series: Series, units: int, steps: int) -> float:
    with session():
        network = _network(units, steps)
        since = cpu_seconds()
        network.fit(dataset(list(series)))
        return cpu_seconds() - since


def _ours(series: Series, units: int, steps: int, *, bfloat16: bool = False) -> float:
    with session():
        network = _network(units, steps)
        since = cpu_seconds()
        loop.run(network, series, Plan(steps=steps, windows=WINDOWS, seed=1, bfloat16=bfloat16))
        return cpu_seconds() - since
