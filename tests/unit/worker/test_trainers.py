"""Who trains follows from the settings."""

from __future__ import annotations

import os

import pytest

from clm.errors import ConfigurationError
from clm.learning.group_trainer import GroupTrainer, one_after_the_other
from clm.learning.ray_runner import on_ray
from clm.learning.trainer import NativeTrainer
from clm.scope import Scope
from worker.bootstrap import workshop
from worker.settings import load


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if each.startswith("CLM_")]:
        monkeypatch.delenv(name)


def test_one_model_over_all_symbols_is_the_default() -> None:
    assert isinstance(workshop(load(), Scope()).trainer, NativeTrainer)


@pytest.mark.parametrize("where", [None, "ray"])
def test_groups_are_trained_here_or_on_ray_as_the_settings_say(where: str | None) -> None:
    made = workshop(load(symbol_groups=3, distributed=where), Scope()).trainer
    assert isinstance(made, GroupTrainer)
    assert made.groups == 3
    assert made.run is (one_after_the_other if where is None else on_ray)


@pytest.mark.parametrize("wrong", [{"symbol_groups": 0}, {"distributed": "dask"}])
def test_what_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        load(**wrong)
