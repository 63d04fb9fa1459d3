"""A pool trains the model types that name it; the common one trains the others."""

from __future__ import annotations

import pytest

from clm.errors import ConfigurationError
from clm.model import ModelType
from worker.settings import load

NETWORKS = {"nhits": "networks", "patchtst": "networks"}


def test_model_types_without_a_pool_share_the_common_one() -> None:
    pools = load(pools=NETWORKS).pools
    assert pools.names == ["", "networks"]
    assert pools.models("") == (ModelType.XGBOOST, ModelType.LIGHTGBM)
    assert pools.models("networks") == (ModelType.NHITS, ModelType.PATCHTST)


def test_a_pool_whose_model_types_are_not_trained_has_nothing_to_do() -> None:
    assert load(pools=NETWORKS, models=["xgboost"]).pools.names == [""]


@pytest.mark.parametrize("pool", ["", "boosters"])
def test_a_worker_of_a_pool_that_trains_nothing_is_refused_with_the_ones_that_do(pool: str) -> None:
    pools = load(pools=NETWORKS, models=["nhits"]).pools
    with pytest.raises(ConfigurationError, match="--pool networks"):
        pools.models(pool)


def test_a_pool_has_a_plain_name() -> None:
    with pytest.raises(ConfigurationError, match="'A b' names no pool"):
        load(pools={"nhits": "A b"})


@pytest.mark.parametrize(("mode", "jobs"), [("recycled", 7), ("fresh", None)])
def test_only_a_recycled_worker_is_replaced(mode: str, jobs: int | None) -> None:
    assert load(worker_mode=mode, worker_recycle_jobs=7).recycle_jobs == jobs


def test_a_recycled_worker_may_stay_for_ever() -> None:
    assert load(worker_mode="recycled", worker_recycle_jobs=0).recycle_jobs is None
