"""N-HiTS and PatchTST by neuralforecast, on the series of all symbols together.

The library fits and saves; forecasts of live windows go straight to the module, whose answer is the same bit
for bit: the library's own ``predict`` builds a data set and a trainer at every call.
"""

from __future__ import annotations

import json
import logging
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clm.errors import ConfigurationError, CorruptArtifact, InsufficientData, MissingLibrary

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

REMEDY = "pip install 'continuous-learning-manager[neural]'"
SEED_PARAMS: dict[str, Any] = {"input_size": 120, "h": 24}
BUDGET: dict[str, Any] = {"max_steps": 200, "windows_batch_size": 128, "learning_rate": 1e-3, "batch_size": 32}
"""Within reach of a retrain; the library's own defaults take hours on a processor."""

QUIET: dict[str, Any] = {
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "accelerator": "cpu",
    "devices": 1,
}
ONE_AT_A_TIME = threading.Lock()
"""Seeds and thread counts of torch belong to the process, so two fits at once would disturb each other."""


@dataclass(frozen=True)
class NeuralModel:
    """A fitted network with the standardisation of its series."""

    module: Any
    column: int  # of the series in a row
    mean: float  # of the series in training, target units
    std: float
    step: int  # which step of the forecast is used, from 1
    suffix: ClassVar[str] = "safetensors"

    @property
    def input_size(self) -> int:
        """Rows of history that a forecast looks at."""
        return int(self.module.input_size)

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Forecasts (n,) in target units for windows (n, input_size, features)."""
        import torch

        series = (windows[:, :, self.column].astype(np.float64) - self.mean) / self.std
        insample = torch.from_numpy(series.astype(np.float32))[:, :, None]
        with torch.inference_mode():
            steps = self.module(
                {
                    "insample_y": insample,
                    "insample_mask": torch.ones_like(insample),
                    "futr_exog": None,
                    "hist_exog": None,
                    "stat_exog": None,
                }
            )
        value = steps[:, self.step - 1, 0].double().numpy()
        return np.asarray(value * self.std + self.mean, dtype=np.float64)

    def weights(self) -> bytes:
        """The library's own format: safetensors with the hyperparameters in its header."""
        return _sorted(self.module.serialize())

    def facts(self) -> dict[str, Any]:
        """What a reload needs beside the weights."""
        return {
            "network": type(self.module).__name__,
            "column": self.column,
            "mean": self.mean,
            "std": self.std,
            "step": self.step,
        }

    @classmethod
    def from_weights(cls, data: bytes, facts: dict[str, Any]) -> NeuralModel:
        """Raises CorruptArtifact, MissingLibrary."""
        kind = getattr(_library().models, facts["network"])
        with tempfile.TemporaryDirectory() as place, _quiet():
            path = Path(place) / "weights.safetensors"
            path.write_bytes(data)
            try:
                module = kind.load(str(path))
            except (ValueError, KeyError, RuntimeError, TypeError, OSError) as error:
                raise CorruptArtifact(f"{facts['network']} weights cannot be read: {error}"[:300]) from error
        module.eval()
        return cls(module, facts["column"], facts["mean"], facts["std"], facts["step"])


def fit_nhits(frame: pd.DataFrame, params: dict[str, Any], seed: int, column: int, horizon: int) -> NeuralModel:
    """Fit N-HiTS on ``series`` of the frame.

    An integer ``n_blocks`` n means n stacks of one block each, the library wants one number per stack.
    """
    own = dict(params)
    blocks = own.get("n_blocks", 3)
    if isinstance(blocks, int):
        own |= _stacks(blocks, own)
    return _fit("NHITS", frame, own, seed, (column, horizon))


def fit_patchtst(frame: pd.DataFrame, params: dict[str, Any], seed: int, column: int, horizon: int) -> NeuralModel:
    """Fit PatchTST on ``series`` of the frame."""
    return _fit("PatchTST", frame, {"patch_len": 16, **params}, seed, (column, horizon))


def _stacks(count: int, params: dict[str, Any]) -> dict[str, Any]:
    """The lists of N-HiTS with one element per stack, where they were not given."""
    falling = [max(1, 2 ** (count - 1 - i)) for i in range(count)]
    units = params.get("mlp_units", [[512, 512]])
    return {
        "n_blocks": [1] * count,
        "stack_types": params.get("stack_types", ["identity"] * count),
        "mlp_units": units if len(units) == count else [units[0]] * count,
        "n_pool_kernel_size": params.get("n_pool_kernel_size", falling),
        "n_freq_downsample": params.get("n_freq_downsample", falling),
    }


def _fit(
    name: str, frame: pd.DataFrame, params: dict[str, Any], seed: int, place: tuple[int, int]
) -> NeuralModel:
    import pandas as pd

    library = _library()
    column, horizon = place
    asked = {**SEED_PARAMS, **BUDGET, **params}
    if horizon > asked["h"]:
        raise ConfigurationError(f"h of {name} is {asked['h']}, below the horizon of {horizon} bars: raise h")
    rows = _series(frame, asked["input_size"] + asked["h"], name)
    mean, std = float(rows["y"].mean()), float(rows["y"].std()) or 1.0
    rows = rows.assign(y=((rows["y"] - mean) / std).astype(np.float32))
    with ONE_AT_A_TIME, _quiet():
        import torch

        torch.set_num_threads(1)
        loss = library.losses.pytorch.MAE()
        model = getattr(library.models, name)(
            **{**asked, "loss": loss, "scaler_type": "identity", "random_seed": asked.get("random_seed", seed)}, **QUIET
        )
        forecast = library.NeuralForecast(models=[model], freq=1)
        forecast.fit(pd.DataFrame(rows), val_size=0)
    module = forecast.models[0]
    module.eval()
    return NeuralModel(module, column, mean, std, horizon)


def _series(frame: pd.DataFrame, least: int, name: str) -> pd.DataFrame:
    """unique_id, ds, y of every symbol that is long enough; gaps at the start are cut off."""
    known = frame.loc[frame["series"].notna(), ["symbol", "at", "series"]]
    sizes = known.groupby("symbol")["series"].transform("size")
    kept = known[sizes >= least].sort_values(["symbol", "at"])
    if len(kept) == 0:
        longest = int(sizes.max()) if len(sizes) else 0
        raise InsufficientData(
            f"{name} needs {least} bars of a symbol (input_size + h), the longest has {longest}: lengthen "
            "training_lookback_days or shorten input_size"
        )
    return kept.assign(
        unique_id=kept["symbol"], ds=kept.groupby("symbol").cumcount(), y=kept["series"].astype(float)
    )[["unique_id", "ds", "y"]]


def _sorted(data: bytes) -> bytes:
    """Safetensors with a sorted header: the library writes it in another order each time.

    Eight bytes of length, a JSON header padded with spaces to eight bytes, the tensors.
    """
    size = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8 : 8 + size]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[8 + size :]


def _library() -> Any:
    try:
        with _quiet():
            import neuralforecast
            import neuralforecast.losses.pytorch
            import neuralforecast.models
    except ImportError as error:
        raise MissingLibrary(f"neuralforecast cannot be imported ({error}): {REMEDY}") from error
    return neuralforecast


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the libraries' notes about seeds, workers and devices."""
    loggers = [logging.getLogger(n) for n in ("pytorch_lightning", "lightning", "lightning_fabric", "lightning.pytorch")]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
