"""One window through a network: its forward pass, traced once, without Python between its operations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.learning.loop import as_batch
from clm.learning.session import load_torch, session

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Traced:
    """Forecasts windows of a network, one after the other; not for two threads at once.

    The numbers are those of the network itself but for the last bit or two, and the same at every call.

    Parameters:
        step: of the output, counted from 1.
    """

    def __init__(self, network: Any, step: int) -> None:
        torch = self._torch = load_torch()
        self._window, self._step = np.zeros((1, int(network.input_size), 1), np.float32), step - 1
        self._input = torch.from_numpy(self._window)  # the same memory
        with session(), torch.no_grad(), _scripting(network):
            traced = torch.jit.trace(_plain(network, torch), self._input, check_trace=False)
            self._network = torch.jit.freeze(traced)

    def __call__(self, seen: NDArray[np.float32]) -> NDArray[np.float32]:
        """The step of the output (1,) for a standardised window (input_size,)."""
        self._window[0, :, 0] = seen
        with self._torch.inference_mode():
            value: NDArray[np.float32] = self._network(self._input).numpy()[:, self._step, 0]
        return value


@contextmanager
def _scripting(network: Any) -> Iterator[None]:
    """Let every attribute be looked at: Lightning refuses its trainer to all but the tracer."""
    network._jit_is_scripting = True
    try:
        yield
    finally:
        del network._jit_is_scripting


def _plain(network: Any, torch: Any) -> Any:
    """The network as a module of one tensor, which is what can be traced."""

    class Plain(torch.nn.Module):  # type: ignore[misc]  # the base is torch's, which is loaded late
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, seen: Any) -> Any:
            return self.network(as_batch(seen, torch))

    return Plain().eval()
