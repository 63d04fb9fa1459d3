"""A watchdog: ends a training that takes more time or memory than it may. It decides; others end.

Memory is looked at from outside, not limited by the system: a limit on address space refuses what torch
only reserves, and one on data makes some libraries abort where others raise. A look costs some 50 µs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from clm.model import ModelType

LOOK_S = 0.1
"""Between two looks, seconds: what a training can take more than its limit is what it takes meanwhile."""

DEFAULT_SECONDS = 6 * 3600.0
"""What a training may take where nothing is set: enough for every one that does not hang."""

OWN = ("RssAnon", "VmSwap")
"""Lines of /proc/PID/status: memory of a process's own, in kB. What it maps of files is not counted."""


@dataclass(frozen=True)
class Allowance:
    """What a training may take."""

    seconds: float = DEFAULT_SECONDS  # wall clock
    bytes: int | None = None  # of memory, beyond what its process had at its beginning; None: any


@dataclass(frozen=True)
class Allowances:
    """What the trainings of each model type may take."""

    seconds: Mapping[ModelType, float] = field(default_factory=dict)
    bytes: Mapping[ModelType, int] = field(default_factory=dict)

    def of(self, model_type: ModelType) -> Allowance:
        """What one may take."""
        return Allowance(self.seconds.get(model_type, DEFAULT_SECONDS), self.bytes.get(model_type))


class Watchdog:
    """Looks at the process that a training runs in, from its beginning.

    Parameters:
        pid: of the process.
        model_type: gives the training's; asked until it answers: it may stand on a server.
        memory, clock: bytes of a process, seconds.
    """

    def __init__(
        self,
        pid: int,
        model_type: Callable[[], ModelType | None],
        allowances: Allowances,
        *,
        memory: Callable[[int], int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pid, self._ask, self._allowances = pid, model_type, allowances
        self._memory, self._clock = memory or memory_of, clock
        self._since, self._base = clock(), self._memory(pid)
        self._known: tuple[ModelType, Allowance] | None = None

    def complaint(self) -> str | None:
        """What the training has overdrawn and what to do about it; None if nothing."""
        if self._known is None:
            asked = self._ask()
            if asked is None:
                return None
            self._known = asked, self._allowances.of(asked)
        model_type, allowance = self._known
        took = self._clock() - self._since
        if took > allowance.seconds:
            return _told(
                model_type, f"{allowance.seconds:g} s", "run_limit_seconds", f"it ran for {took:.1f} s"
            )
        if allowance.bytes is None:
            return None
        grown = self._memory(self._pid) - self._base
        if grown > allowance.bytes:
            limit = f"{allowance.bytes:,} bytes of memory"
            return _told(model_type, limit, "run_limit_bytes", f"it had taken {grown:,}")
        return None


def memory_of(pid: int) -> int:
    """Bytes of memory of a process's own; 0 if it is gone, or where the system does not tell (not Linux)."""
    if sys.platform != "linux":
        return 0
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    told = (line.split() for line in lines if line.startswith(OWN))
    return sum(int(kilobytes) * 1024 for _, kilobytes, *_ in told)


def _told(model_type: ModelType, limit: str, setting: str, seen: str) -> str:
    return (
        f"the training of {model_type.value} was ended at its limit of {limit} ({seen}): raise "
        f"{setting}.{model_type.value}, or give it less to do (training_lookback_days, training_params)"
    )
