"""Dropout drops what it should, scales what it keeps, and repeats itself for a seed."""

from __future__ import annotations

from typing import Any

import pytest

from clm.learning.dropout import quick_dropout
from clm.learning.session import load_torch


def layer(probability: float, seed: int = 1) -> Any:
    torch = load_torch()
    network = torch.nn.Sequential(torch.nn.Dropout(probability))
    quick_dropout(network, seed)
    return network


@pytest.mark.parametrize("probability", [0.1, 0.2, 0.5, 0.9])
def test_a_part_is_dropped_and_the_rest_scaled_so_that_the_mean_stays(probability: float) -> None:
    ones = load_torch().ones(1000, 1001)
    said = layer(probability).train()(ones)
    assert float((said == 0).float().mean()) == pytest.approx(probability, abs=0.003)
    assert float(said.mean()) == pytest.approx(1.0, abs=0.01)
    assert said.unique().tolist() == pytest.approx([0.0, 1 / (1 - probability)])


def test_neighbours_are_dropped_independently() -> None:
    dropped = (layer(0.2).train()(load_torch().ones(1_000_000)) == 0).float() - 0.2
    for lag in (1, 2, 3, 4, 8):
        assert abs(float((dropped[lag:] * dropped[:-lag]).mean())) / 0.16 < 0.005


def test_gradients_pass_where_values_did() -> None:
    ones = load_torch().ones(100).requires_grad_()
    said = layer(0.5).train()(ones)
    said.sum().backward()
    assert (ones.grad == said).all()


@pytest.mark.parametrize("probability", [0.0, 0.3])
def test_nothing_is_dropped_while_it_forecasts(probability: float) -> None:
    ones = load_torch().ones(100)
    assert (layer(probability).eval()(ones) == ones).all()


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_the_edges_are_torchs_own(probability: float) -> None:
    assert (layer(probability).train()(load_torch().ones(100)) == 1 - probability).all()


def test_a_seed_repeats_it_and_the_global_generator_is_left_alone() -> None:
    torch = load_torch()
    ones, before = torch.ones(1000), torch.get_rng_state()
    said = [layer(0.3, seed).train()(ones) for seed in (1, 1, 2)]
    assert (said[0] == said[1]).all()
    assert (said[0] != said[2]).any()
    assert (torch.get_rng_state() == before).all()


def test_half_precision_stays_half_precision() -> None:
    torch = load_torch()
    assert layer(0.3).train()(torch.ones(100, dtype=torch.bfloat16)).dtype == torch.bfloat16
