"""The loop of the decay detector, as machine code; ``decay`` says what it computes and why."""

from __future__ import annotations

import math
from typing import Any

from clm.decisions.sequential import long_run
from clm.decisions.sequential.shiryaev_roberts import advanced
from clm.machine import compiled, part

SHARES = (0.4, 0.8, 1.6, 3.2)
"""Parts of the skill whose loss is looked for; 2 would be: as wrong as it was right."""
WANDER = 0.25
"""Variance of a block's own skill, in squares of the skill: real skill wanders, which a hold-out hides."""
CAUTION = 0.1
"""Standard errors of the baseline that are granted to it, which is as often too high as too low."""
FURTHEST = 3.0
"""Most deviations that one block counts: at a step of volatility sizes are wrong for some fifty rows."""
LEAST_BLOCKS = 24
"""Blocks of a baseline before anything is held to it; until then every block joins it at once."""
LAG_BLOCKS = 200
"""Blocks of a bucket: rows enter the baseline one to two buckets late, so that it does not follow a fall."""
REST_BLOCKS = 24
"""Blocks without an alarm after one."""

(
    BLOCK_TOTAL,
    BLOCK_ROWS,
    BASE_BLOCKS,
    BASE_TOTAL,
    OLD_BLOCKS,
    OLD_TOTAL,
    NEW_BLOCKS,
    NEW_TOTAL,
    REST,
    ALARMS,
) = range(10)
RATIOS = 10
VARIANCE = RATIOS + len(SHARES)
STATE = VARIANCE + long_run.SIZE
R_BLOCK, R_LIMIT, R_NULL = range(3)


@part
def learned(state: Any) -> None:
    """Let the baseline take up the older bucket where the newer one is full."""
    if state[NEW_BLOCKS] >= LAG_BLOCKS or state[BASE_BLOCKS] < LEAST_BLOCKS:
        taken(state)
        state[OLD_BLOCKS], state[OLD_TOTAL] = state[NEW_BLOCKS], state[NEW_TOTAL]
        state[NEW_BLOCKS], state[NEW_TOTAL] = 0.0, 0.0


@part
def taken(state: Any) -> None:
    """Put the older bucket into the baseline."""
    state[BASE_BLOCKS] += state[OLD_BLOCKS]
    state[BASE_TOTAL] += state[OLD_TOTAL]
    state[OLD_BLOCKS], state[OLD_TOTAL] = 0.0, 0.0


@part
def alarmed(state: Any) -> None:
    """Begin anew: what was seen since is part of the baseline now."""
    taken(state)
    state[BASE_BLOCKS] += state[NEW_BLOCKS]
    state[BASE_TOTAL] += state[NEW_TOTAL]
    state[NEW_BLOCKS], state[NEW_TOTAL] = 0.0, 0.0
    for i in range(len(SHARES)):
        state[RATIOS + i] = 0.0
    state[REST] = REST_BLOCKS
    state[ALARMS] += 1.0


@compiled
def looked(state: Any, rules: Any, value: float) -> bool:
    """Weigh one block's sum over the root of its length; whether it raises an alarm."""
    if state[BASE_BLOCKS] < LEAST_BLOCKS:
        return False
    if state[REST] > 0.0:
        state[REST] -= 1.0
        return False
    mean = state[BASE_TOTAL] / state[BASE_BLOCKS]
    skill = mean - rules[R_NULL] * math.sqrt(rules[R_BLOCK])
    deviation = math.sqrt(long_run.spread(state, VARIANCE) + WANDER * skill * skill)
    doubt = deviation / math.sqrt(state[BASE_BLOCKS])
    if skill <= doubt:
        return False  # nothing is there that could be lost
    fallen = min((mean - CAUTION * doubt - value) / deviation, FURTHEST)
    total = 0.0
    for i in range(len(SHARES)):
        size = SHARES[i] * skill / deviation
        state[RATIOS + i] = advanced(state[RATIOS + i], 1.0 / len(SHARES), size, fallen)
        total += state[RATIOS + i]
    return bool(total >= rules[R_LIMIT])


@part
def weighed(state: Any, rules: Any, score: float) -> bool:
    """Fold one score; whether it raises an alarm, which leaves the state as it was: see ``alarmed``."""
    if not math.isfinite(score):
        return False
    state[BLOCK_TOTAL] += score
    state[BLOCK_ROWS] += 1.0
    if state[BLOCK_ROWS] < rules[R_BLOCK]:
        return False
    value = state[BLOCK_TOTAL] / math.sqrt(rules[R_BLOCK])
    state[BLOCK_TOTAL], state[BLOCK_ROWS] = 0.0, 0.0
    alarm = looked(state, rules, value)
    long_run.push(state, VARIANCE, value)
    state[NEW_BLOCKS] += 1.0
    state[NEW_TOTAL] += value
    if not alarm:
        learned(state)
    return alarm


@part
def stepped(state: Any, rules: Any, score: float) -> bool:
    """Fold one score; whether it raises an alarm."""
    alarm = weighed(state, rules, score)
    if alarm:
        alarmed(state)
    return alarm


@compiled
def fold(state: Any, rules: Any, scores: Any, alarms: Any) -> None:
    """Fold scores; ``alarms`` is set to 1 at the rows that raise one."""
    for i in range(len(scores)):
        if stepped(state, rules, scores[i]):
            alarms[i] = 1


@compiled
def fold_one(state: Any, rules: Any, score: float) -> bool:
    """Fold one score; whether it raises an alarm."""
    return stepped(state, rules, score)


@compiled
def begin_anew(state: Any) -> None:
    """What follows an alarm: see ``alarmed``."""
    alarmed(state)


@compiled
def known(state: Any, rules: Any, scores: Any) -> None:
    """Fold the hold-out's scores into the baseline."""
    total, rows = 0.0, 0.0
    for i in range(len(scores)):
        if math.isfinite(scores[i]):
            total += scores[i]
            rows += 1.0
            if rows == rules[R_BLOCK]:
                value = total / math.sqrt(rules[R_BLOCK])
                long_run.push(state, VARIANCE, value)
                state[BASE_BLOCKS] += 1.0
                state[BASE_TOTAL] += value
                total, rows = 0.0, 0.0
