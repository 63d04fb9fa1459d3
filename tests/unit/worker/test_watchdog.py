"""A watchdog complains of a training that takes more than it may, and says what to do."""

from __future__ import annotations

import os

import numpy as np
import pytest

from clm.errors import ConfigurationError
from clm.model import ModelType
from worker.settings import load
from worker.watchdog import DEFAULT_SECONDS, Allowance, Allowances, Watchdog, memory_of

NHITS = ModelType.NHITS
MIB = 2**20


class Patient:
    """A process whose time and memory a test sets."""

    def __init__(self, allowances: Allowances, model_type: ModelType | None = NHITS) -> None:
        self.seconds, self.bytes, self.model_type = 0.0, 100 * MIB, model_type
        self.dog = Watchdog(
            1, lambda: self.model_type, allowances, memory=lambda _: self.bytes, clock=lambda: self.seconds
        )


def test_a_training_within_its_limits_is_left_alone() -> None:
    patient = Patient(Allowances({NHITS: 60.0}, {NHITS: 10 * MIB}))
    patient.seconds, patient.bytes = 60.0, 110 * MIB
    assert patient.dog.complaint() is None


def test_one_that_takes_too_long_is_told_of_with_limit_and_remedy() -> None:
    patient = Patient(Allowances({NHITS: 60.0}))
    patient.seconds = 60.5
    told = str(patient.dog.complaint())
    assert "nhits was ended at its limit of 60 s (it ran for 60.5 s)" in told
    assert "run_limit_seconds.nhits" in told


def test_what_counts_is_the_memory_that_the_training_took_itself() -> None:
    patient = Patient(Allowances(bytes={NHITS: 10 * MIB}))
    patient.bytes = 111 * MIB
    told = str(patient.dog.complaint())
    assert "10,485,760 bytes of memory (it had taken 11,534,336)" in told
    assert "run_limit_bytes.nhits" in told


def test_a_model_type_without_limits_may_take_six_hours_and_any_memory() -> None:
    patient = Patient(Allowances({ModelType.XGBOOST: 1.0}, {ModelType.XGBOOST: 1}))
    assert Allowances().of(NHITS) == Allowance(DEFAULT_SECONDS, None)
    patient.seconds, patient.bytes = DEFAULT_SECONDS, 10**15
    assert patient.dog.complaint() is None
    patient.seconds += 1.0
    assert patient.dog.complaint() is not None


def test_while_nobody_knows_what_is_trained_nobody_is_ended() -> None:
    patient = Patient(Allowances({NHITS: 1.0}), model_type=None)
    patient.seconds = 10.0
    assert patient.dog.complaint() is None
    patient.model_type = NHITS
    assert patient.dog.complaint() is not None


def test_memory_is_what_a_process_has_of_its_own() -> None:
    before = memory_of(os.getpid())
    block = np.ones(64 * MIB, dtype=np.uint8)
    assert 60 * MIB < memory_of(os.getpid()) - before < 100 * MIB
    assert len(block) == 64 * MIB


def test_a_process_that_is_gone_has_none() -> None:
    assert memory_of(2**22 + 1) == 0


@pytest.mark.parametrize("name", ["run_limit_seconds", "run_limit_bytes"])
@pytest.mark.parametrize("value", [0, -1, True, "soon"])
def test_a_limit_is_a_number_above_zero(name: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=name):
        load(**{name: {"nhits": value}})


def test_limits_are_settings() -> None:
    settings = load(run_limit_seconds={"nhits": 90}, run_limit_bytes={"nhits": 5e8})
    assert settings.allowances.of(NHITS) == Allowance(90.0, 500_000_000)
