"""The parameters of a network: the library's own, ours beside them, and what no fit here could honour."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clm.errors import ConfigurationError
from clm.learning.guide import Guide
from clm.learning.loop import Plan, has_bfloat16, has_gpu
from clm.learning.parameters import refuse_unknown, whole

INPUT_SIZE = 120
"""Rows of a window where ``input_size`` is not given."""

DEFAULTS = {
    "max_steps": 200,
    "learning_rate": 1e-3,
    "windows_batch_size": 128,
    "val_check_steps": 25,
    "early_stop_patience_steps": 4,
}
"""Where not given; the library's own number of steps costs far more and forecasts no better."""

DEFAULTS_OF = {"patchtst": {"early_stop_patience_steps": -1, "num_lr_decays": 6}}
"""Of a model type. PatchTST went on gaining after its checks had ceased to, and lost it all again at a rate
that did not fall (docs/training.md); the library lets N-HiTS' fall by itself."""

FRESH = 0.25
"""Part of the steps that a fit which goes on from a parent makes."""

GENTLE = 0.1
"""Part of the learning rate that it makes them at: the optimiser begins anew, and at its full first strides
would leave what the parent knew."""

GATHER, LIBRARY = "gather", "library"
AUTO, FLOAT32, BFLOAT16 = "auto", "float32", "bfloat16"
CPU, CUDA = "cpu", "cuda"
OURS = {
    "loop": (GATHER, LIBRARY),
    "precision": (AUTO, FLOAT32, BFLOAT16),
    "device": (AUTO, CPU, CUDA),
    "max_seconds": None,
}
"""Parameters beside the library's, with what they may be."""

UNHEARD = frozenset(
    "futr_exog_list hist_exog_list stat_exog_list cat_exog_list categorical_cardinalities scaler_type".split()
)
"""Of the library, and without meaning here: a network sees one series, standardised already."""

LIBRARY_ONLY = frozenset(
    "batch_size dataloader_kwargs drop_last_loader inference_windows_batch_size start_padding_enabled"
    " step_size training_data_availability_threshold val_monitor valid_batch_size valid_loss".split()
)
"""What only the library's own loop heeds."""

STOPPING = frozenset(("early_stop_patience_steps", "val_check_steps", "max_seconds", "precision", "device"))
"""What only ours does."""


@dataclass(frozen=True)
class Setting:
    """What a fit needs to know beside the series and the parameters."""

    column: int  # where series_now stands in a row
    horizon: int  # bars
    seed: int


def library_params(
    model_type: str, library_class: Any, params: Mapping[str, Any], setting: Setting
) -> dict[str, Any]:
    """The library's parameters for those given.

    Raises:
        ConfigurationError: ``h`` is less than the horizon, or a name is unknown or has no effect.
    """
    known = set(inspect.signature(library_class).parameters) | OURS.keys()
    refuse_unknown(model_type, params, known - UNHEARD)
    _refuse_unheeded(model_type, params)
    given = {name: value for name, value in params.items() if name not in OURS}
    wanted = {**DEFAULTS, **DEFAULTS_OF.get(model_type, {}), "random_seed": setting.seed, **given}
    wanted["input_size"] = whole(params, "input_size", INPUT_SIZE)
    wanted["h"] = whole(params, "h", setting.horizon)
    for name in ("max_steps", "windows_batch_size", "val_check_steps"):
        whole(wanted, name, 1)
    if wanted["h"] < setting.horizon:
        raise ConfigurationError(
            f"training_params.{model_type}.h is {wanted['h']}, less than the horizon of "
            f"{setting.horizon} bars: the forecast used is step {setting.horizon}"
        )
    return wanted


def loop_of(params: Mapping[str, Any]) -> str:
    """The loop that these parameters ask for."""
    return str(params.get("loop", GATHER))


def plan(params: Mapping[str, Any], wanted: Mapping[str, Any], guide: Guide) -> Plan:
    """How our own loop trains; with settled steps it makes these, no fewer for want of time.

    From a parent's weights it is a part of them.

    Raises:
        ConfigurationError: ``max_seconds`` is no positive number, or ``device`` is not there.
    """
    seconds = params.get("max_seconds", math.inf)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
        raise ConfigurationError(f"max_seconds is {seconds!r}; it must be a number > 0")
    precision, device = params.get("precision", AUTO), params.get("device", AUTO)
    if device == AUTO:
        device = CUDA if has_gpu() else CPU
    elif device == CUDA and not has_gpu():
        raise ConfigurationError(f"device is {CUDA!r}, but torch sees no GPU here: use {AUTO!r} or {CPU!r}")
    fixed = guide.settled or {}
    steps = int(fixed.get("steps", wanted["max_steps"]))
    return Plan(
        steps=steps if guide.parent is None else max(1, round(steps * FRESH)),
        rate=1.0 if guide.parent is None else GENTLE,
        windows=wanted["windows_batch_size"],
        seed=wanted["random_seed"],
        seconds=math.inf if fixed else float(seconds),
        check_steps=wanted["val_check_steps"],
        patience=max(0, int(wanted["early_stop_patience_steps"])),
        bfloat16=has_bfloat16(device) if precision == AUTO else precision == BFLOAT16,
        device=device,
    )


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


def _refuse_unheeded(model_type: str, params: Mapping[str, Any]) -> None:
    """Raises ConfigurationError for a choice that does not exist, or that the chosen loop does not heed."""
    for name, choices in OURS.items():
        if choices and params.get(name, choices[0]) not in choices:
            raise ConfigurationError(
                f"training_params.{model_type}.{name} is {params[name]!r}; use one of {', '.join(choices)}"
            )
    own, other = (LIBRARY, GATHER) if loop_of(params) == LIBRARY else (GATHER, LIBRARY)
    unheeded = sorted(set(params) & (STOPPING if own == LIBRARY else LIBRARY_ONLY))
    if unheeded:
        raise ConfigurationError(
            f"training_params.{model_type} has {', '.join(unheeded)}, which the loop {own!r} does not heed: "
            f"remove it or set loop: {other}"
        )
