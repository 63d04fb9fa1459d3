"""However the file of a promoted model is damaged, the trader goes on with the one it has."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from clm.learning.bundle import pack
from clm.model import ModelType
from tests.faults.artifacts.signed import endings
from tests.faults.artifacts.trader import Ordeal, fitted, suffer

FEW = 60


@pytest.mark.parametrize("model_type", ModelType)
def test_a_damaged_file_is_never_served_and_never_felt(model_type: ModelType, tmp_path: Path) -> None:
    assert suffer(model_type, tmp_path, FEW, seed=1) == Ordeal(damaged=FEW, loaded=0, lost=0, raised=0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks safely")
@pytest.mark.parametrize("model_type", [ModelType.XGBOOST, ModelType.LIGHTGBM])
def test_what_is_damaged_and_signed_anew_ends_at_most_the_probe(
    model_type: ModelType, tmp_path: Path
) -> None:
    found = endings(pack(fitted(model_type)), tmp_path, count=FEW, seed=1)
    assert sum(found.values()) == FEW
    assert found["refused"] > FEW / 2
