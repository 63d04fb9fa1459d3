"""The trainings of one deciding entry make their features once; those of another moment make their own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from clm.data.parquet import ParquetDataClient
from clm.learning.features import TechnicalFeatures
from clm.learning.targets import Target
from clm.steps.matrix import matrix_name
from clm.steps.training import load_frame
from clm.steps.workshop import Workshop
from clm.store.matrix_store import DirectoryMatrices
from tests.unit.learning.market import bars
from tests.unit.steps.shop import workshop

TARGET = Target("log_range")


@dataclass
class Counting(TechnicalFeatures):
    """Counts how often it makes features."""

    transforms: list[int] = field(default_factory=list)

    def __init__(self) -> None:
        super().__init__(TARGET, 3600)
        self.transforms = []

    def transform(self, df: pd.DataFrame) -> pd.DataFrame:
        self.transforms.append(len(df))
        return super().transform(df)


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return replace(workshop(), engineer=Counting(), matrices=DirectoryMatrices(tmp_path))


def made(shop: Workshop) -> int:
    assert isinstance(shop.engineer, Counting)
    return len(shop.engineer.transforms)


def test_two_trainings_of_one_moment_make_their_features_once_and_see_equal_bits(shop: Workshop) -> None:
    client = ParquetDataClient(bars(), 3600)
    first, second = load_frame(client, shop), load_frame(client, shop)
    assert made(shop) == 1
    assert_frame_equal(first, second, check_exact=True)
    assert_frame_equal(second, TechnicalFeatures(TARGET, 3600).transform(client.bars), check_exact=True)


def test_a_training_of_another_moment_makes_its_own(shop: Workshop) -> None:
    client = ParquetDataClient(bars(), 3600)
    for hours in (0, 1):
        load_frame(client.bound(client.as_of - timedelta(hours=hours)), shop)
    assert made(shop) == 2


def test_regimes_that_one_training_knows_do_not_reach_another(shop: Workshop) -> None:
    client = ParquetDataClient(bars(), 3600)
    assert "regime" in load_frame(client, shop, [[0, "calm"]]).columns
    assert "regime" not in load_frame(client, shop).columns
    assert made(shop) == 1


def test_an_engineer_that_does_not_say_its_recipe_makes_features_each_time(tmp_path: Path) -> None:
    shop = replace(workshop(), matrices=DirectoryMatrices(tmp_path / "none"))
    client = ParquetDataClient(bars(), 3600)
    with pytest.raises(KeyError):  # the shop's engineer wants bars of a number each
        load_frame(client, shop)
    assert not (tmp_path / "none").exists()


def test_the_same_content_has_the_same_name_wherever_it_lies() -> None:
    assert matrix_name(bars(), None, "r") == matrix_name(bars().copy(deep=True), None, "r")


LATER = pd.Timestamp("2024-01-01 00:00:01", tz="UTC")


@pytest.mark.parametrize(
    ("column", "value"), [("symbol", "Z"), ("timestamp", LATER), ("close", 1.5), ("volume", 2.5)]
)
def test_a_name_tells_every_bar_apart(column: str, value: object) -> None:
    other = bars().copy(deep=True)
    other.loc[0, column] = value
    assert matrix_name(other, None, "r") != matrix_name(bars(), None, "r")


def test_a_name_tells_recipes_and_moments_apart() -> None:
    client = ParquetDataClient(bars(), 3600)
    recipes = [TechnicalFeatures(Target(name), 3600).recipe for name in ("log_range", "log_volume")]
    names = {matrix_name(bars(), None, each) for each in recipes}
    names |= {matrix_name(bars(), client.as_of - timedelta(hours=h), recipes[0]) for h in (0, 1)}
    assert len(names) == 4
