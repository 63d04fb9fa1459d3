"""The networks N-HiTS and PatchTST: neuralforecast's own models, fitted by its own ``fit``.

A network sees only the target's own series: the column ``series_now``, whose successive rows are its
window, standardised once over all symbols. It forecasts ``h`` steps; the one used is step ``horizon``.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from clm.errors import ConfigurationError, CorruptArtifact
from clm.learning.checkpoint import with_sorted_header
from clm.learning.lens import Lens, filled, focus
from clm.learning.libraries import load
from clm.learning.parameters import refuse_unknown, whole
from clm.learning.series import dataset, long_enough
from clm.learning.session import EXTRA, load_torch, session

if TYPE_CHECKING:
    from numpy.typing import NDArray

INPUT_SIZE = 120
"""Rows of a window where ``input_size`` is not given."""

DEFAULTS = {"max_steps": 200, "learning_rate": 1e-3, "windows_batch_size": 128}
"""Where not given; the library's own number of steps costs far more and forecasts no better."""

TRAINER = {
    "accelerator": "cpu",
    "devices": 1,
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}
"""How Lightning runs: here, silently, and writing nothing."""


@dataclass(frozen=True)
class Setting:
    """What a fit needs to know beside the series and the parameters."""

    column: int  # where series_now stands in a row
    horizon: int  # bars
    seed: int


class NeuralModel:
    """A fitted network; its subclasses name the library's class."""

    model_type: ClassVar[str]
    library_class: ClassVar[str]

    def __init__(self, network: Any, lens: Lens) -> None:
        self._network, self.lens = network, lens
        self.input_size = int(network.input_size)  # rows

    @classmethod
    def train(
        cls, series: Mapping[str, NDArray[np.float32]], params: Mapping[str, Any], setting: Setting
    ) -> Self:
        """Fit to the series (rows,) of each symbol, oldest first; too short ones are left out.

        Raises:
            ConfigurationError: ``h`` is less than the horizon, or the library refuses a parameter.
            InsufficientData: no symbol has input_size + h rows.
            MissingLibrary: neuralforecast is not installed.
        """
        wanted = cls.library_params(params, setting)
        kept = long_enough(cls.model_type, series, wanted["input_size"] + wanted["h"])
        lens = focus(setting.column, setting.horizon, kept, set(series) - set(kept))
        with session():
            network = cls._build(wanted)
            network.fit(dataset([lens.inward(rows) for rows in kept.values()]))
            weights = with_sorted_header(network.serialize())
        return cls.from_weights(weights, lens.facts())

    @classmethod
    def from_weights(cls, weights: bytes, facts: Mapping[str, Any]) -> Self:
        """The network of a safetensors checkpoint; executes no code of it.

        Raises:
            CorruptArtifact: it is none of this class.
            MissingLibrary: neuralforecast is not installed.
        """
        with session(), TemporaryDirectory() as folder:
            checkpoint = Path(folder, "checkpoint")
            checkpoint.write_bytes(weights)
            library_class = cls._library_class()
            try:
                return cls(library_class.load(str(checkpoint)).eval(), Lens.restored(facts))
            except (ValueError, KeyError, TypeError, RuntimeError) as error:
                raise CorruptArtifact(f"not a network of {cls.model_type}: {error}") from error

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Forecasts (n,) in target units of windows (n, input_size, columns), newest row last.

        A missing value repeats the one before it; a window that begins without one gives NaN.
        """
        torch = load_torch()
        seen = self.lens.inward(filled(windows[:, :, self.lens.column]))
        rows = torch.from_numpy(seen).unsqueeze(-1)
        batch = {"insample_y": rows, "insample_mask": torch.ones_like(rows)}
        with torch.inference_mode():
            output = self._network({**batch, "futr_exog": None, "hist_exog": None, "stat_exog": None})
        return self.lens.outward(output[:, self.lens.step - 1, 0].numpy())

    def weights(self) -> bytes:
        """The library's own checkpoint: safetensors, with its parameters as JSON in the header."""
        with session():
            return with_sorted_header(self._network.serialize())

    def facts(self) -> Mapping[str, Any]:
        """How rows are looked at."""
        return self.lens.facts()

    @classmethod
    def library_params(cls, params: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
        """The library's parameters for those given.

        Raises:
            ConfigurationError: ``h`` is less than the horizon, or a name is unknown.
        """
        with session():
            refuse_unknown(cls.model_type, params, inspect.signature(cls._library_class()).parameters)
        wanted = {**DEFAULTS, "random_seed": setting.seed, **params}
        wanted["input_size"] = whole(params, "input_size", INPUT_SIZE)
        wanted["h"] = whole(params, "h", setting.horizon)
        if wanted["h"] < setting.horizon:
            raise ConfigurationError(
                f"training_params.{cls.model_type}.h is {wanted['h']}, less than the horizon of "
                f"{setting.horizon} bars: the forecast used is step {setting.horizon}"
            )
        return wanted

    @classmethod
    def _library_class(cls) -> Any:
        return getattr(load("neuralforecast.models", EXTRA), cls.library_class)

    @classmethod
    def _build(cls, wanted: Mapping[str, Any]) -> Any:
        loss = load("neuralforecast.losses.pytorch", EXTRA).MAE()
        # Only windows of real rows, and no validation inside the fit.
        fixed = {"training_data_availability_threshold": 1.0, "val_check_steps": wanted["max_steps"]}
        try:
            return cls._library_class()(**{"loss": loss, **fixed, **wanted, **TRAINER})
        except (TypeError, ValueError, AssertionError, IndexError) as error:
            raise ConfigurationError(f"{cls.model_type} refuses {dict(wanted)}: {error}") from error


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


def stacks(n: int) -> dict[str, Any]:
    """N-HiTS' settings of ``n`` stacks, coarse to fine, as the library has them for three.

    >>> stacks(3)["n_pool_kernel_size"], stacks(3)["n_freq_downsample"]
    ([2, 2, 1], [4, 2, 1])
    """
    return {
        "stack_types": ["identity"] * n,
        "mlp_units": [[512, 512]] * n,
        "n_pool_kernel_size": [2] * (n - 1) + [1],
        "n_freq_downsample": [2**k for k in reversed(range(n))],
    }
