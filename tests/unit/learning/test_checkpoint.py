"""A checkpoint holds the same tensors under a header in one order."""

from __future__ import annotations

import numpy as np
from safetensors.numpy import load, save

from clm.learning.checkpoint import with_sorted_header

TENSORS = {"b": np.arange(3, dtype=np.float32), "a": np.ones((2, 2), np.float32)}


def test_the_order_of_the_facts_does_not_matter() -> None:
    facts = [(f"key{k}", str(k)) for k in range(8)]
    both = (save(TENSORS, dict(order)) for order in (facts, facts[::-1]))
    assert len({with_sorted_header(data) for data in both}) == 1


def test_the_tensors_stay_as_they_were() -> None:
    kept = load(with_sorted_header(save(TENSORS, {"z": "1", "a": "2"})))
    assert all(np.array_equal(kept[name], tensor) for name, tensor in TENSORS.items())


def test_the_tensors_stay_aligned() -> None:
    data = with_sorted_header(save(TENSORS, {"fact": "x"}))
    assert int.from_bytes(data[:8], "little") % 8 == 0
