"""A session leaves no trace in the process, whatever happens inside."""

from __future__ import annotations

import logging
import os
import random
import warnings

import numpy as np
import pytest
import torch

from clm.learning.session import load_torch, session


def draws() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(1))


def test_the_generators_go_on_as_if_nothing_had_been_seeded() -> None:
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(7)
    expected = draws()
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(7)
    with session():
        torch.manual_seed(1)
        np.random.seed(1)
        random.seed(1)
    assert draws() == expected


def test_loggers_and_environment_are_put_back_even_after_an_error() -> None:
    logger, before = logging.getLogger("pytorch_lightning"), os.environ.get("PL_GLOBAL_SEED")
    level = logger.level

    def fails() -> None:
        with session():
            os.environ["PL_GLOBAL_SEED"] = "5"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert (logger.level, os.environ.get("PL_GLOBAL_SEED")) == (level, before)


def test_nothing_is_said_inside_and_everything_outside() -> None:
    with session():
        warnings.warn("a habit", UserWarning, stacklevel=1)
        assert not logging.getLogger("lightning_fabric.utilities.seed").isEnabledFor(logging.WARNING)
    with pytest.warns(UserWarning, match="a fault"):
        warnings.warn("a fault", UserWarning, stacklevel=1)


def test_torch_runs_on_one_thread() -> None:
    assert load_torch().get_num_threads() == 1
