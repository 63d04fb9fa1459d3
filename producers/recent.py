"""Recent: what a server acknowledged so lately that it may not be in its append-only file yet."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

from producers.parcels import Parcel

UNSAFE_S = 3.0
"""With ``appendfsync everysec`` a server whose disk is busy holds writes back for 2 seconds at most, and goes
on answering. One that answers after these seconds has written."""

MOST_BYTES = 4 * 2**20
"""Of entries that are kept; of more than that the newest."""


class Recent:
    """Keeps parcels until something acknowledged later proves that the server outlived them.

    Time alone proves nothing: a server that died since may have lost a parcel however long ago that was.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._bytes = clock, 0
        self._kept: deque[tuple[float, Parcel]] = deque()  # with when it was acknowledged

    @property
    def parcels(self) -> list[Parcel]:
        """What may be lost, oldest first."""
        return [parcel for _, parcel in self._kept]

    def now(self) -> float:
        """The moment to ask for before something is sent."""
        return self._clock()

    def acknowledged(self, parcels: Sequence[Parcel], sent: float) -> None:
        """The server that took what is kept has taken some more, which were sent at a moment."""
        while self._kept and self._kept[0][0] < sent - UNSAFE_S:
            self._forget()
        self._keep(parcels)

    def again(self, parcels: Sequence[Parcel]) -> None:
        """Another server, or the same one after a restart, has taken these, all that is kept among them."""
        self._kept.clear()
        self._bytes = 0
        self._keep(parcels)

    def _keep(self, parcels: Sequence[Parcel]) -> None:
        now = self._clock()
        self._kept.extend((now, parcel) for parcel in parcels)
        self._bytes += sum(len(parcel.data) for parcel in parcels)
        while self._bytes > MOST_BYTES:
            self._forget()

    def _forget(self) -> None:
        self._bytes -= len(self._kept.popleft()[1].data)
