"""Groups of symbols are trained by tasks of a real, local Ray cluster, and come out as they would here."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from clm.data.parquet import ParquetDataClient
from clm.data.synthetic import synthetic_bars
from clm.errors import TrainingFailed
from clm.learning.bundle import pack
from clm.learning.group_trainer import GroupTrainer
from clm.learning.ray_runner import on_ray
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType
from clm.scope import Scope
from clm.steps.training import Order, candidate, load_frame, split
from tests.unit.learning.market import HOUR, PARAMS, engineer
from worker.bootstrap import workshop
from worker.settings import load

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not os.environ.get("CLM_TEST_RAY"), reason="a local Ray cluster takes half a minute: make test-ray"
    ),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """One cluster for all tests but the one that lets the runner start its own."""
    import ray

    ray.init(num_cpus=2, include_dashboard=False, configure_logging=False, log_to_driver=False)
    yield
    ray.shutdown()


def test_a_cluster_of_its_own_ends_with_the_training_and_leaves_signals_as_they_were() -> None:
    import ray

    before = signal.getsignal(signal.SIGTERM)
    assert on_ray([]) == []
    assert not ray.is_initialized()
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("name", ["xgboost", "lightgbm", "nhits"])
def test_it_makes_the_same_bytes_as_training_here(name: str, cluster: None) -> None:
    rows = engineer().transform(synthetic_bars(("A", "D", "E"), 200, seed=1, bar_seconds=HOUR))
    here, there = (GroupTrainer(NativeTrainer(engineer()), 2, *run) for run in ((), (on_ray,)))
    made = getattr(there, f"train_{name}")(rows, dict(PARAMS[name]))
    assert len(made.parts) == 2
    assert pack(made) == pack(getattr(here, f"train_{name}")(rows, dict(PARAMS[name])))


def test_a_task_that_fails_is_told_in_its_last_line(cluster: None) -> None:
    rows = engineer().transform(synthetic_bars(("A", "D"), 200, seed=1, bar_seconds=HOUR))
    with pytest.raises(TrainingFailed, match=r"failed on Ray: .*xgboost has depth"):
        GroupTrainer(NativeTrainer(engineer()), 2, on_ray).train_xgboost(rows, {"depth": 3})


def test_a_whole_training_runs_on_the_cluster_that_the_settings_name(
    cluster: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in os.environ if each.startswith("CLM_")]:
        monkeypatch.delenv(name)
    few = {"lightgbm": {"n_estimators": 30, "learning_rate": 0.1}}
    settings = load(symbol_groups=2, distributed="ray", training_params=few)
    shop = workshop(settings, Scope(bar_seconds=HOUR))
    bars = synthetic_bars(("A", "D", "E"), 600, seed=1, bar_seconds=HOUR)
    client = ParquetDataClient(bars, HOUR)
    order = Order(ModelType.LIGHTGBM, "v1", client.as_of)
    made, result = candidate(order, split(load_frame(client, shop), shop), shop, None)
    assert len(made.model_object.parts) == 2
    assert result.rows > 100
    assert (result.skill > 0) == (made.explanation is not None)
