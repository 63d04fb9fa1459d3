"""The loop of a duel over pairs of errors, as machine code; ``duel`` says what it computes and why."""

from __future__ import annotations

import math
from typing import Any

from clm.decisions.sequential import long_run
from clm.decisions.sequential.horizon_bound import FALL
from clm.decisions.sequential.mixture import log_mixture
from clm.decisions.sequential.scale import followed
from clm.machine import compiled, part

ERROR_RATE = 0.005
"""Forgetting of the errors' size, per row: half a day of five-minute bars."""
GAP_RATE = 0.02
"""Forgetting of the disagreement's mean square, per row."""
SETTLING = 96
"""First rows of all, which only teach the sizes."""
WARM_BLOCKS = 24
"""Blocks of evidence on the variance before the first row counts towards a verdict."""
OWN_BLOCKS = 72
"""Blocks of a duel from which its own long-run variance is heard beside the hold-out's."""
LOOK = 4
"""Rows between two looks at the rules."""
WORSE_SQUARED = 1.05**2
"""Most that the squared loss may be of the other's: rare large errors are not traded for many small ones."""

# numbers of a state
(ROWS, WARM, SIZE, GAP, TOTAL, SQUARES, SHARE, PLAIN, OWN, OTHER) = range(10)
(BLOCK_TOTAL, BLOCK_ROWS, SCALE, VERDICT, WARM_SHARE, BROKEN_ROWS, KNOWN) = range(10, 17)
VARIANCE = 17  # where the long-run variance begins
STATE = VARIANCE + long_run.SIZE
# numbers of the rules
R_BLOCK, R_EARLY, R_LATE, R_FUTILITY, R_IMPROVEMENT, R_REACH, R_HORIZON, R_LEAST = range(8)

OPEN, BETTER, FUTILE, EXPIRED, BROKEN = 0, 1, 2, 3, 4


@part
def measured(state: Any, rules: Any, first: float, second: float) -> None:
    """Fold the sums of one pair of errors, ``second`` the one that is to be better."""
    seen = state[WARM] + state[ROWS]
    mine, theirs, gap = abs(second), abs(first), math.sqrt(state[GAP])
    if seen >= SETTLING and gap > 0.0:
        step = (theirs - mine) / gap
        share = theirs / gap
        state[BLOCK_TOTAL] += step
        state[BLOCK_ROWS] += 1.0
        if state[SCALE] > 0.0:
            state[ROWS] += 1.0
            state[TOTAL] += step
            state[SQUARES] += step * step
            state[SHARE] += share
            state[PLAIN] += (theirs - mine) / state[SIZE]
            state[OWN] += (mine / state[SIZE]) ** 2
            state[OTHER] += (theirs / state[SIZE]) ** 2
        else:
            state[WARM] += 1.0
            state[WARM_SHARE] += share
    else:
        state[WARM] += 1.0
    state[SIZE] = followed(state[SIZE], 0.5 * (mine + theirs), seen + 1.0, ERROR_RATE)
    state[GAP] = followed(state[GAP], (first - second) ** 2, seen + 1.0, GAP_RATE)
    if state[BLOCK_ROWS] >= rules[R_BLOCK]:
        long_run.push(state, VARIANCE, state[BLOCK_TOTAL] / math.sqrt(rules[R_BLOCK]))
        state[BLOCK_TOTAL] = 0.0
        state[BLOCK_ROWS] = 0.0


@compiled
def spread(state: Any) -> float:
    """Long-run variance per row: the larger of the hold-out's and the duel's own, each about its own mean.

    One mean for both would take an improvement that the duel shows for dependence; the larger one, because
    swings of skill that last for hours show themselves in one of them only.
    """
    if state[VARIANCE + long_run.COUNT] < OWN_BLOCKS:
        return float(state[KNOWN])
    return max(float(state[KNOWN]), float(long_run.spread(state, VARIANCE)))


@compiled
def ruled(state: Any, rules: Any) -> int:
    """The verdict on the rows so far."""
    rows, total = state[ROWS], state[TOTAL]
    if rows < rules[R_LEAST]:
        return OPEN
    variance = max(rows * spread(state), state[SQUARES] - total * total / rows)
    far = rules[R_IMPROVEMENT] * state[SHARE] - total
    sound = state[PLAIN] > 0.0 and state[OWN] <= WORSE_SQUARED * state[OTHER]
    early = log_mixture(total, variance, state[SCALE]) >= rules[R_EARLY]
    bound = rules[R_LATE] - FALL * rows / rules[R_HORIZON]
    late = total >= bound * math.sqrt(variance / rows * rules[R_HORIZON])
    if sound and (early or late):
        return BETTER
    if log_mixture(far, variance, state[SCALE]) >= rules[R_FUTILITY]:
        return FUTILE
    return EXPIRED if rows >= rules[R_HORIZON] else OPEN


@compiled
def opened(state: Any, rules: Any) -> None:
    """Begin to count: the mixture's scale is fixed from what was seen before, and never moves again."""
    variance = long_run.spread(state, VARIANCE)
    if variance > 0.0:
        counted = state[VARIANCE + long_run.COUNT] * rules[R_BLOCK] + state[BLOCK_ROWS]
        state[SCALE] = rules[R_REACH] * rules[R_IMPROVEMENT] * state[WARM_SHARE] / counted / variance
        state[KNOWN] = variance
        state[VARIANCE:] = 0.0
        state[BLOCK_TOTAL], state[BLOCK_ROWS] = 0.0, 0.0


@compiled
def renewed(state: Any) -> None:
    """Take the evidence out of a state, and leave in it what its rows have taught of sizes and variance."""
    if state[SCALE] > 0.0:
        state[KNOWN] = spread(state)
        state[VARIANCE:] = 0.0
        state[BLOCK_TOTAL], state[BLOCK_ROWS] = 0.0, 0.0
    state[WARM] += state[ROWS]
    state[ROWS], state[TOTAL], state[SQUARES], state[SHARE] = 0.0, 0.0, 0.0, 0.0
    state[PLAIN], state[OWN], state[OTHER], state[BROKEN_ROWS] = 0.0, 0.0, 0.0, 0.0
    state[VERDICT] = OPEN


@part
def stepped(state: Any, rules: Any, first: float, second: float) -> None:
    """Fold one pair of errors and, where a block ends, look at the rules."""
    if state[VERDICT] != OPEN:
        return
    if not math.isfinite(second):
        state[VERDICT] = BROKEN
        return
    if not math.isfinite(first):
        state[BROKEN_ROWS] += 1.0
        return
    measured(state, rules, first, second)
    if state[SCALE] > 0.0:
        if state[ROWS] % LOOK == 0.0:
            state[VERDICT] = ruled(state, rules)
    elif state[BLOCK_ROWS] == 0.0 and state[VARIANCE + long_run.COUNT] >= WARM_BLOCKS:
        opened(state, rules)


@compiled
def fold(state: Any, rules: Any, first: Any, second: Any) -> int:
    """Fold pairs of errors until the verdict; its code."""
    for i in range(len(first)):
        stepped(state, rules, first[i], second[i])
        if state[VERDICT] != OPEN:
            break
    return int(state[VERDICT])


@compiled
def fold_one(state: Any, rules: Any, first: float, second: float) -> int:
    """Fold one pair of errors; the verdict's code."""
    stepped(state, rules, first, second)
    return int(state[VERDICT])


@compiled
def warm(state: Any, rules: Any, first: Any, second: Any) -> None:
    """Fold a hold-out's pairs of errors: they teach sizes and variance and are no evidence."""
    for i in range(len(first)):
        if math.isfinite(first[i]) and math.isfinite(second[i]):
            measured(state, rules, first[i], second[i])
    if state[VARIANCE + long_run.COUNT] >= WARM_BLOCKS:
        opened(state, rules)
