"""The networks N-HiTS and PatchTST: neuralforecast's own models, fitted by our loop or by the library's.

A network sees only the target's own series: the column ``series_now``, whose successive rows are its
window, standardised once over all symbols. It forecasts ``h`` steps; the one used is step ``horizon``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from clm.errors import ConfigurationError, CorruptArtifact
from clm.learning import loop
from clm.learning.attention import laid_out
from clm.learning.checkpoint import with_sorted_header
from clm.learning.guide import UNGUIDED, Check, Guide
from clm.learning.lens import Lens, filled, focus
from clm.learning.libraries import load
from clm.learning.network_parameters import LIBRARY, Setting, library_params, loop_of, plan, stacks
from clm.learning.parameters import whole
from clm.learning.series import dataset, long_enough
from clm.learning.session import EXTRA, load_torch, session
from clm.learning.traced import Traced

if TYPE_CHECKING:
    from numpy.typing import NDArray

TRAINER = {
    "accelerator": "cpu",
    "devices": 1,
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}
"""How Lightning runs: here, silently, and writing nothing."""

AT_ONCE = 128
"""Windows in a call of a network: what they leave on their way stays near the processor."""


class NeuralModel:
    """A fitted network; its subclasses name the library's class."""

    model_type: ClassVar[str]
    library_class: ClassVar[str]

    def __init__(self, network: Any, lens: Lens, settled: Mapping[str, Any] | None = None) -> None:
        self._network, self.lens = network, lens
        self.input_size = int(network.input_size)  # rows
        self.settled = dict(settled or {})  # what a later fit of the same recipe may repeat

    @classmethod
    def train(
        cls,
        series: Mapping[str, NDArray[np.float32]],
        params: Mapping[str, Any],
        setting: Setting,
        guide: Guide = UNGUIDED,
    ) -> Self:
        """Fit to the series (rows,) of each symbol, oldest first; too short ones are left out.

        Raises:
            ConfigurationError: ``h`` is less than the horizon, or a parameter is refused.
            InsufficientData: no symbol has input_size + h rows.
            MissingLibrary: neuralforecast is not installed.
            TrainingFailed: the loss is not a number any more.
        """
        wanted = cls.library_params(params, setting)
        kept = long_enough(cls.model_type, series, wanted["input_size"] + wanted["h"])
        left_out = set(series) - set(kept)
        lens = focus(setting.column, setting.horizon, kept, left_out)
        if guide.parent is not None:  # its weights know the series as it saw them
            lens = replace(guide.parent.lens, left_out=tuple(sorted(left_out)))
        rows = [lens.inward(each) for each in kept.values()]
        with session():
            network = cls._build(wanted)
            if guide.parent is not None:
                network.load_state_dict(guide.parent._network.state_dict())
            if loop_of(params) == LIBRARY:
                network.fit(dataset(rows))
                settled = {}
            else:
                loss = _mean_error(network, lens, guide.check)
                settled = {"steps": loop.run(network, rows, plan(params, wanted, guide), loss)}
            weights = with_sorted_header(network.serialize())
        return cls._restored(weights, lens, settled)

    @classmethod
    def from_weights(cls, weights: bytes, facts: Mapping[str, Any]) -> Self:
        """The network of a safetensors checkpoint; executes no code of it.

        Raises:
            CorruptArtifact: it is none of this class.
            MissingLibrary: neuralforecast is not installed.
        """
        try:
            return cls._restored(weights, Lens.restored(facts))
        except (ValueError, KeyError, TypeError, RuntimeError) as error:
            raise CorruptArtifact(f"not a network of {cls.model_type}: {error}") from error

    @classmethod
    def _restored(cls, weights: bytes, lens: Lens, settled: Mapping[str, Any] | None = None) -> Self:
        with session(), TemporaryDirectory() as folder:
            checkpoint = Path(folder, "checkpoint")
            checkpoint.write_bytes(weights)
            network = laid_out(cls._library_class().load(str(checkpoint)))
            return cls(network.eval(), lens, settled)

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Forecasts (n,) in target units of windows (n, input_size, columns), newest row last.

        From ``BLOCK`` windows on, each has the same bits wherever it stands, if their number is a multiple
        of that. A missing value repeats the one before it; a window that begins without one gives NaN.
        """
        seen = self.lens.inward(filled(windows[:, :, self.lens.column]))
        return self.lens.outward(_step(self._network, seen, self.lens.step))

    def one(self, window: NDArray[np.float32]) -> float:
        """The forecast of one window (input_size, columns), target units; gaps as in ``predict``."""
        seen = self.lens.inward(filled(window[:, self.lens.column]))
        return float(self.lens.outward(self._traced(seen))[0])

    def contributions(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Gradient times input, target units; only the series that the network sees has any.

        A first-order account of the forecast against that of the training's mean (Shrikumar, Greenside and
        Kundaje, Learning Important Features, 2017, call it so); NaN where a window begins unknown.
        """
        seen = self.lens.inward(filled(windows[:, :, self.lens.column]))
        parts = np.zeros(windows.shape)
        parts[:, :, self.lens.column] = _gradient(self._network, seen, self.lens.step) * seen * self.lens.std
        return parts

    @cached_property
    def _traced(self) -> Traced:
        return Traced(self._network, self.lens.step)

    def weights(self) -> bytes:
        """The library's own checkpoint: safetensors, with its parameters as JSON in the header."""
        with session():
            return with_sorted_header(self._network.serialize())

    def facts(self) -> Mapping[str, Any]:
        """How rows are looked at."""
        return self.lens.facts()

    @classmethod
    def library_params(cls, params: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
        """The library's parameters for those given. Raises ConfigurationError."""
        with session():
            return library_params(cls.model_type, cls._library_class(), params, setting)

    @classmethod
    def _library_class(cls) -> Any:
        return getattr(load("neuralforecast.models", EXTRA), cls.library_class)

    @classmethod
    def _build(cls, wanted: Mapping[str, Any]) -> Any:
        loss = load("neuralforecast.losses.pytorch", EXTRA).MAE()
        # Only windows of real rows, and no validation inside the library's fit.
        fixed = {"training_data_availability_threshold": 1.0}
        no_check = {"val_check_steps": wanted["max_steps"], "early_stop_patience_steps": -1}
        try:
            made = cls._library_class()(**{"loss": loss, **fixed, **wanted, **no_check, **TRAINER})
        except (TypeError, ValueError, AssertionError, IndexError) as error:
            raise ConfigurationError(f"{cls.model_type} refuses {dict(wanted)}: {error}") from error
        return laid_out(made)


class NHITSModel(NeuralModel):
    """Fitted N-HiTS."""

    model_type, library_class = "nhits", "NHITS"

    @classmethod
    def library_params(cls, params: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
        """As of every network; ``n_blocks: 3`` means three stacks of one block."""
        wanted = super().library_params(params, setting)
        blocks = wanted.get("n_blocks")
        if not isinstance(blocks, int):
            return wanted
        return {**stacks(whole(params, "n_blocks", 1)), **wanted, "n_blocks": [1] * blocks}


class PatchTSTModel(NeuralModel):
    """Fitted PatchTST."""

    model_type, library_class = "patchtst", "PatchTST"


def _step(network: Any, seen: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """Step ``step`` (from 1) of a network's output (n,) for standardised windows (n, input_size)."""
    torch = load_torch()
    values = np.empty(len(seen), np.float32)
    with torch.inference_mode():
        for begin in range(0, len(seen), AT_ONCE):
            part = torch.from_numpy(seen[begin : begin + AT_ONCE]).unsqueeze(-1).to(network.device)
            output = network(loop.as_batch(part, torch))[:, step - 1, 0]
            values[begin : begin + AT_ONCE] = output.cpu().numpy()  # on a GPU only while it is trained there
    return values


def _gradient(network: Any, seen: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """How the step of the output changes with each value of windows (n, input_size); of the same shape."""
    torch = load_torch()
    value = torch.from_numpy(seen).unsqueeze(-1).requires_grad_()
    output = network(loop.as_batch(value, torch))
    found: NDArray[np.float32] = torch.autograd.grad(output[:, step - 1, 0].sum(), value)[0][..., 0].numpy()
    return found


def _mean_error(network: Any, lens: Lens, check: Check | None) -> Callable[[], float] | None:
    """The mean absolute error of the step that is used on the checked rows, standardised."""
    if check is None:
        return None
    seen = lens.inward(filled(check.windows[:, :, lens.column]))
    known = np.isfinite(seen).all(axis=1)
    seen, outcome = seen[known], lens.inward(check.y[known].astype(np.float32))
    return (lambda: float(np.abs(_step(network, seen, lens.step) - outcome).mean())) if len(seen) else None
