"""What became of everything that a publisher was given."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Stats:
    """Events and input rows by what became of them; the five add up to all that were published.

    What earlier processes left in the spool comes on top.
    """

    published: int  # written, each at least once
    pending: int  # waiting in memory
    dropped: int  # the ring was full, or the publisher closed
    failed: int  # could not be written: a value of the wrong type
    spooled: int = 0  # waiting on disk

    def counters(self, at: int) -> bytes:
        """As operators find them on the server, counted until ``at`` (µs)."""
        return json.dumps({**asdict(self), "at": at}).encode()
