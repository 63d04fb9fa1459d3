"""The loop trains the library's network on every window alike, and keeps the weights that forecast best."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from neuralforecast.losses.pytorch import MAE

from clm.errors import ConfigurationError, TrainingFailed
from clm.learning import loop, network_parameters
from clm.learning.guide import Check, Guide
from clm.learning.loop import Plan
from clm.learning.network_parameters import Setting
from clm.learning.neural import NHITSModel, PatchTSTModel
from tests.unit.learning.market import NETWORK


class Line(torch.nn.Module):
    """A network of one weight that forecasts a multiple of the newest value; it notes what it was asked."""

    input_size, h, optimizer, optimizer_kwargs, loss = 2, 1, None, None, MAE()

    def __init__(self, rate: float = 0.1) -> None:
        super().__init__()
        self.weight, self.learning_rate = torch.nn.Parameter(torch.zeros(1)), rate
        self.asked: list[float] = []

    def configure_optimizers(self) -> dict[str, Any]:
        optimizer = torch.optim.SGD(self.parameters(), lr=self.learning_rate)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 1000)},
        }

    def forward(self, batch: dict[str, Any]) -> Any:
        self.asked += batch["insample_y"][:, 0, 0].tolist()
        return self.weight * batch["insample_y"][:, -1:]


SERIES = [np.arange(1, 6, dtype=np.float32), np.arange(11, 15, dtype=np.float32)]  # 3 and 2 windows


def plan(**changes: Any) -> Plan:
    return Plan(**{"steps": 5, "windows": 1, "seed": 1, "check_steps": 1, "patience": 2, **changes})


def test_every_window_comes_once_before_one_comes_again() -> None:
    network = Line()
    loop.run(network, SERIES, plan(steps=10))
    assert sorted(network.asked[:5]) == sorted(network.asked[5:]) == [1, 2, 3, 11, 12]


def test_the_order_is_the_seed_s() -> None:
    asked = []
    for seed in (1, 1, 2):
        network = Line()
        loop.run(network, SERIES, plan(seed=seed))
        asked.append(network.asked)
    assert asked[0] == asked[1] != asked[2]


def losses(*values: float) -> Callable[[], float]:
    """What the checks find, one after the other."""
    left = list(values)
    return lambda: left.pop(0)


@pytest.mark.parametrize(
    ("found", "kept", "made"),
    [
        ((3.0, 2.0, 4.0, 4.0), 2, 4),  # two checks without a better one end it
        ((5.0, 4.0, 3.0, 2.0, 1.0), 5, 5),  # it improves to the end
        ((3.0, 4.0, 2.0, 4.0, 4.0), 3, 5),
    ],
)
def test_it_ends_with_the_weights_of_the_best_check(found: tuple[float, ...], kept: int, made: int) -> None:
    stopped, exact = Line(), Line()
    assert loop.run(stopped, SERIES, plan(), losses(*found)) == kept
    loop.run(exact, SERIES, plan(steps=kept))
    assert len(stopped.asked) == made
    assert stopped.weight.item() == exact.weight.item()


def test_without_patience_it_makes_every_step_and_keeps_the_last() -> None:
    network, unchecked = Line(), Line()
    assert loop.run(network, SERIES, plan(patience=0), losses()) == 5
    loop.run(unchecked, SERIES, plan())
    assert network.weight.item() == unchecked.weight.item()


def test_the_last_steps_are_checked_even_between_two_checks() -> None:
    assert loop.run(Line(), SERIES, plan(check_steps=3), losses(2.0, 1.0)) == 5


def test_a_gentler_rate_is_the_plan_s_and_leaves_no_trace_in_the_network() -> None:
    gentle, own = Line(rate=0.1), Line(rate=0.05)
    loop.run(gentle, SERIES, plan(rate=0.5))
    loop.run(own, SERIES, plan())
    assert gentle.weight.item() == own.weight.item()
    assert gentle.learning_rate == 0.1


def test_a_budget_of_seconds_ends_it_after_the_step_at_hand() -> None:
    assert loop.run(Line(), SERIES, plan(seconds=1e-9)) == 1


def test_a_loss_that_is_no_number_names_step_and_remedy() -> None:
    with pytest.raises(TrainingFailed, match=r"loss is inf at step 2: lower learning_rate"):
        loop.run(Line(rate=float("inf")), SERIES, plan())


@pytest.mark.parametrize("kind", [NHITSModel, PatchTSTModel])
def test_the_library_loads_what_the_loop_trained(kind: Any, tmp_path: Any) -> None:
    series = {"A": np.random.default_rng(1).normal(size=60).astype(np.float32)}
    model = kind.train(series, NETWORK[kind.model_type], Setting(0, 2, 1))
    (tmp_path / "weights").write_bytes(model.weights())
    theirs = kind._library_class().load(str(tmp_path / "weights"))
    ours = model._network.state_dict()
    assert all(torch.equal(each, ours[name]) for name, each in theirs.state_dict().items())


def test_the_library_s_own_loop_is_a_parameter_away() -> None:
    series = {"A": np.random.default_rng(1).normal(size=60).astype(np.float32)}
    made = [
        NHITSModel.train(series, {**NETWORK["nhits"], **how}, Setting(0, 2, 1))
        for how in ({"loop": "library"}, {"loop": "gather"}, {})
    ]
    assert [model.settled for model in made] == [{}, {"steps": 3}, {"steps": 3}]
    assert made[0].weights() != made[1].weights() == made[2].weights()


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"loop": "mine"}, "loop is 'mine'; use one of gather, library"),
        ({"loop": "library", "max_seconds": 5}, "max_seconds, which the loop 'library' does not heed"),
        (
            {"step_size": 2},
            "step_size, which the loop 'gather' does not heed: remove it or set loop: library",
        ),
        ({"max_seconds": 0}, "max_seconds is 0; it must be a number > 0"),
        ({"precision": "half"}, "precision is 'half'; use one of auto, float32, bfloat16"),
        ({"scaler_type": "robust"}, "scaler_type"),
    ],
)
def test_what_a_loop_would_not_heed_is_refused(params: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        NHITSModel.train({"A": np.zeros(60, np.float32)}, {**NETWORK["nhits"], **params}, Setting(0, 2, 1))


def test_a_network_stops_by_the_step_that_is_used() -> None:
    wave = np.tile([0.0, 1.0, 0.0, -1.0], 60).astype(np.float32)
    check = Check(np.stack([wave[k : k + 8] for k in range(4)])[:, :, None], wave[8:12].astype(np.float64))
    params = {**NETWORK["nhits"], "max_steps": 80, "learning_rate": 0.01, "val_check_steps": 10}
    model = NHITSModel.train({"A": wave}, params, Setting(0, 1, 1), Guide(check=check))
    found = np.abs(model.predict(check.windows) - check.y).mean()
    last = NHITSModel.train({"A": wave}, params, Setting(0, 1, 1))
    assert found <= np.abs(last.predict(check.windows) - check.y).mean()
    assert model.settled["steps"] % 10 == 0


WANTED = {
    "max_steps": 5, "windows_batch_size": 1, "random_seed": 1, "val_check_steps": 1,
    "early_stop_patience_steps": 2,
}  # fmt: skip


@pytest.mark.parametrize(
    ("params", "gpu", "device"),
    [
        ({}, False, "cpu"),
        ({}, True, "cuda"),
        ({"device": "cpu"}, True, "cpu"),
        ({"device": "cuda"}, True, "cuda"),
    ],
)
def test_a_network_is_trained_on_the_gpu_where_there_is_one(
    params: dict[str, Any], gpu: bool, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_parameters, "has_gpu", lambda: gpu)
    made = network_parameters.plan({"precision": "float32", **params}, WANTED, Guide())
    assert made.device == device


def test_a_gpu_that_is_not_there_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_parameters, "has_gpu", lambda: False)
    with pytest.raises(ConfigurationError, match="torch sees no GPU here: use 'auto' or 'cpu'"):
        network_parameters.plan({"device": "cuda"}, WANTED, Guide())


@pytest.mark.parametrize("loss", [None, lambda: 1.0])
def test_a_network_goes_to_its_device_and_ends_on_the_processor(loss: Callable[[], float] | None) -> None:
    went: list[str] = []

    class Traveller(Line):
        def to(self, device: str) -> Any:
            went.append(device)
            return super().to(device)

    loop.run(Traveller(), SERIES, plan(device="cpu:0"), loss)  # the same processor by another name
    assert went == ["cpu:0", "cpu"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here")
@pytest.mark.parametrize("kind", [NHITSModel, PatchTSTModel])
def test_what_was_trained_on_a_gpu_forecasts_on_the_processor(kind: Any) -> None:
    rows = {"A": np.sin(np.arange(200, dtype=np.float32))}
    windows = rows["A"][:8].reshape(1, 8, 1)
    made = kind.train(rows, {**NETWORK[kind.model_type], "device": "cuda"}, Setting(0, 1, 1))
    assert np.isfinite(made.predict(windows)).all()
