"""A checker of linearizability: is there one order of all calls, within their times, that the model explains?

A search in the way of Wing and Gong: take any call that no other one had ended before, apply it, go on; with
Lowe's memory of what was tried. A call whose caller was killed may have happened at any time since, or never.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

S = TypeVar("S", bound=Hashable)

UNKNOWN = math.inf
"""When a call returned whose caller was killed in it."""


@dataclass(frozen=True)
class Call:
    """One call of one process."""

    process: int
    operation: tuple[Any, ...]
    invoked: float  # monotonic clock, the same for all processes
    returned: float = UNKNOWN
    result: Any = None


def linearizable(calls: Sequence[Call], initial: S, step: Callable[[S, Any], tuple[Any, S]]) -> bool:
    """Whether an order exists.

    Parameters:
        step: what an operation answers in a state, and the state behind it.
    """
    wanted = sum(1 << index for index, call in enumerate(calls) if call.returned is not UNKNOWN)
    tried: set[tuple[int, S]] = set()
    open_ends = [(0, initial)]
    while open_ends:
        done, state = open_ends.pop()
        if done & wanted == wanted:
            return True
        if (done, state) in tried:
            continue
        tried.add((done, state))
        left = [index for index in range(len(calls)) if not done >> index & 1]
        first_end = min(calls[index].returned for index in left)
        for index in left:
            call = calls[index]
            if call.invoked > first_end:
                continue
            told, behind = step(state, call.operation)
            if call.returned is UNKNOWN or told == call.result:
                open_ends.append((done | 1 << index, behind))
    return False
