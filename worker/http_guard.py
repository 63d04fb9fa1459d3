"""Who may ask over HTTP, and how often: a bearer token and a rate limit."""

from __future__ import annotations

import hmac
import math
import threading
import time
from collections.abc import Callable, Iterable

from fastapi import HTTPException, Request

RETRAIN_PAUSE_S = 60.0
"""Between two retrains of one model type asked for over HTTP, seconds."""


class Token:
    """Refuses requests that do not present the token; None lets everybody in."""

    def __init__(self, token: str | None) -> None:
        self._expected = None if token is None else f"Bearer {token}".encode()

    def __call__(self, request: Request) -> None:
        """Raises HTTPException 401."""
        given = request.headers.get("authorization", "").encode()
        if self._expected is not None and not hmac.compare_digest(given, self._expected):
            detail = "this needs the header `Authorization: Bearer TOKEN` with the token of CLM_HTTP_TOKEN"
            raise HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})


class RateLimit:
    """One request per name in so many seconds, all names of a request or none.

    Parameters:
        pause_s: seconds; 0 lets everything pass.
        now: seconds, monotonic.
    """

    def __init__(self, pause_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._pause_s, self._now = pause_s, now
        self._free_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, names: Iterable[str]) -> None:
        """Raises HTTPException 429 with the names that have to wait, and for how long."""
        wanted = tuple(names)
        with self._lock:
            now = self._now()
            waits = {n: self._free_at[n] - now for n in wanted if self._free_at.get(n, now) > now}
            if not waits:
                self._free_at.update(dict.fromkeys(wanted, now + self._pause_s))
                return
        seconds = math.ceil(max(waits.values()))
        detail = f"a retrain of {', '.join(waits)} was asked for within {self._pause_s:g} s: wait {seconds} s"
        raise HTTPException(429, detail, {"Retry-After": str(seconds)})
