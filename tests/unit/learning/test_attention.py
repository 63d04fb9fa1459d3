"""PatchTST's attention, laid out for the processor, is the library's but for the last bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clm.learning.attention import LIBRARY, laid_out
from clm.learning.network_parameters import Setting
from clm.learning.neural import PatchTSTModel
from clm.learning.session import load_torch, session
from tests.unit.learning.market import NETWORK


def library_network(**params: Any) -> Any:
    wanted = PatchTSTModel.library_params({**NETWORK["patchtst"], **params}, Setting(0, 1, 1))
    with session():
        return PatchTSTModel._library_class()(**{**wanted, "enable_progress_bar": False})


def forward(network: Any, seen: Any) -> Any:
    return network({"insample_y": seen, "insample_mask": seen * 0 + 1} | dict.fromkeys(UNSEEN))


UNSEEN = ("futr_exog", "hist_exog", "stat_exog")


@pytest.mark.parametrize("params", [{}, {"res_attention": False}, {"attn_dropout": 0.0, "n_heads": 1}])
def test_forecasts_and_gradients_are_the_librarys(params: dict[str, Any]) -> None:
    torch = load_torch()
    network = library_network(**params).eval()
    seen = torch.from_numpy(np.random.default_rng(1).normal(size=(5, network.input_size, 1)).astype("f4"))
    said, learned = [], []
    for each in (network, laid_out(network)):
        each.zero_grad()
        output = forward(each, seen)
        output.square().sum().backward()
        said.append(output.detach().numpy())
        learned.append([p.grad.clone().numpy() for p in each.parameters() if p.grad is not None])
    assert said[1] == pytest.approx(said[0], abs=1e-5)
    assert len(learned[0]) == len(learned[1]) > 10
    for own, theirs in zip(*learned, strict=True):
        assert own == pytest.approx(theirs, abs=1e-4)


def test_the_library_still_has_the_attention_that_is_laid_out() -> None:
    network = library_network()
    kinds = {type(module).__name__ for module in network.modules()}
    assert LIBRARY in kinds
    assert LIBRARY not in {type(module).__name__ for module in laid_out(network).modules()}


def test_names_and_weights_stay_the_librarys() -> None:
    network = library_network()
    before = {name: each.clone() for name, each in network.state_dict().items()}
    after = laid_out(laid_out(network)).state_dict()
    assert before.keys() == after.keys()
    assert all((before[name] == after[name]).all() for name in before)
