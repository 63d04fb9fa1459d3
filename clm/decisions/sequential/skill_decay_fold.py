"""The loop of skill decay, as machine code; ``skill_decay`` says what it computes and why."""

from __future__ import annotations

import math
from typing import Any

from clm.events import DAY
from clm.machine import apart, compiled

MAX_DAYS = 366
"""Days remembered, so that the state stays small where outcomes are rare."""

WIDTH = 4
OF_DAY, ROWS, LOSS, NAIVE_LOSS = range(WIDTH)
"""What is kept of a day: its number since 1970, rows, and the two sums of absolute losses."""

COUNT = MAX_DAYS * WIDTH  # days begun so far
STATE = COUNT + 1
R_LIMIT, R_DAYS, R_ROWS = range(3)


@apart
def window(state: Any, rules: Any) -> Any:
    """Rows, loss and naive loss of the newest window; rows are negative while it fills."""
    rows, loss, naive = 0.0, 0.0, 0.0
    begun = int(state[COUNT])
    for back in range(1, min(begun, MAX_DAYS) + 1):
        at = (begun - back) % MAX_DAYS * WIDTH
        rows, loss, naive = rows + state[at + ROWS], loss + state[at + LOSS], naive + state[at + NAIVE_LOSS]
        if back >= rules[R_DAYS] and rows >= rules[R_ROWS]:
            return rows, loss, naive
    return -rows, loss, naive


@apart
def stepped(state: Any, rules: Any, at: int, loss: float, naive: float) -> bool:
    """Fold a row's absolute losses; True at the first row of a day when the days before show decay."""
    if not (math.isfinite(loss) and math.isfinite(naive)):
        return False
    day = float(at // DAY)
    begun = int(state[COUNT])
    newest = (begun - 1) % MAX_DAYS * WIDTH
    alarm = False
    if begun == 0 or day > state[newest + OF_DAY]:
        rows, lost, theirs = window(state, rules)
        alarm = rows > 0.0 and theirs > 0.0 and lost / theirs > rules[R_LIMIT]
        newest = begun % MAX_DAYS * WIDTH
        state[newest + OF_DAY] = day
        state[newest + ROWS], state[newest + LOSS], state[newest + NAIVE_LOSS] = 0.0, 0.0, 0.0
        state[COUNT] += 1.0
    state[newest + ROWS] += 1.0
    state[newest + LOSS] += loss
    state[newest + NAIVE_LOSS] += naive
    return alarm


@compiled
def fold_one(state: Any, rules: Any, at: int, loss: float, naive: float) -> bool:
    """Fold one row."""
    return stepped(state, rules, at, loss, naive)


@compiled
def window_of(state: Any, rules: Any) -> Any:
    """Rows, loss and naive loss of the newest window; rows are negative while it fills."""
    return window(state, rules)
