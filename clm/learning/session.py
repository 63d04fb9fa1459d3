"""A quiet room for neuralforecast: one fit at a time, no output, and no trace in the process's state.

The library seeds the process's global generators, writes to its loggers and warns by habit. Inside a
session that happens unseen, and what was there before is put back.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from clm.learning.libraries import load
from clm.steps.gauge import aside

EXTRA = "neural"
LOGGERS = ("pytorch_lightning", "lightning_fabric", "lightning", "neuralforecast")
ENVIRONMENT = ("PL_GLOBAL_SEED", "PL_SEED_WORKERS")
"""What Lightning leaves in the environment when it seeds."""

_one_at_a_time = threading.RLock()  # the generators are global: two fits would share them


def load_torch() -> Any:
    """torch, on one thread: its sums then always run in the same order.

    Raises:
        MissingLibrary: torch is not installed.
    """
    torch = load("torch", EXTRA)
    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)
    return torch


@contextmanager
def session() -> Iterator[None]:
    """Run alone, silently, and leave generators, loggers and environment as they were.

    Raises:
        MissingLibrary: torch is not installed.
    """
    torch = load_torch()
    with _alone(), warnings.catch_warnings(), _silent_loggers(), _same_environment():
        warnings.simplefilter("ignore")
        ours, numpys, torchs = random.getstate(), np.random.get_state(), torch.get_rng_state()
        try:
            yield
        finally:
            random.setstate(ours)
            np.random.set_state(numpys)
            torch.set_rng_state(torchs)


@contextmanager
def _alone() -> Iterator[None]:
    with aside():
        _one_at_a_time.acquire()
    try:
        yield
    finally:
        _one_at_a_time.release()


@contextmanager
def _silent_loggers() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def _same_environment() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
