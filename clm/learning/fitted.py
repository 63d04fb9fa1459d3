"""What every fitted model can do, whichever library it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Fitted(Protocol):
    """A fitted model by itself; what it was fitted for stands in its bundle."""

    @property
    def input_size(self) -> int:
        """Successive input rows of one symbol that a forecast looks at."""

    @property
    def settled(self) -> Mapping[str, Any]:
        """What a later fit of the same recipe may repeat, e.g. how many trees; nothing of a loaded model."""

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Forecasts (n,) in target units of windows (n, input_size, columns), newest row last."""

    def one(self, window: NDArray[np.float32]) -> float:
        """The forecast of one window (input_size, columns), by the cheapest way; for one thread."""

    def contributions(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """What each value of windows (n, input_size, columns) contributes to the forecast, target units.

        Told against what the model says on average; of the same shape.
        """

    def weights(self) -> bytes:
        """The fitted numbers in the library's own format; never a pickle."""

    def facts(self) -> Mapping[str, Any]:
        """What the weights do not say, as plain JSON values."""
