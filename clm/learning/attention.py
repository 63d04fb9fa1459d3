"""PatchTST's attention with its weights laid out for the processor: the library's sums, other last bits.

torch takes a softmax along the innermost axis row by row, and here a row is a dozen patches. With the patches
outermost it takes thousands of rows at once, which halves what a forecast costs.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from clm.learning.session import load_torch

LIBRARY = "_ScaledDotProductAttention"
"""The library's class, of whatever version; a network without it stays as it is."""


def laid_out(network: Any) -> Any:
    """The network itself, its attention from now on laid out so; names and weights stay the library's."""
    for module in network.modules():
        kind: Any = type(module)
        if kind.__name__ == LIBRARY:
            module.__class__ = _laid_out(kind)
    return network


@cache
def _laid_out(library_class: Any) -> Any:
    torch = load_torch()

    class LaidOut(library_class):  # type: ignore[misc]  # the base is the library's, which is loaded late
        def forward(self, q: Any, k: Any, v: Any, prev: Any = None, **masks: Any) -> Any:
            if not self.res_attention or any(each is not None for each in masks.values()):
                return super().forward(q, k, v, prev, **masks)
            scores = torch.matmul(q, k) * self.scale  # (windows, heads, patches, patches)
            if prev is not None:
                scores = scores + prev
            outermost = torch.softmax(scores.permute(3, 0, 1, 2).contiguous(), dim=0)
            weights = self.attn_dropout(outermost.permute(1, 2, 3, 0))
            return torch.matmul(weights, v), weights, scores

    return LaidOut
