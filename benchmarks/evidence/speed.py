"""The scoreboard's part on what an update costs: processor time of one row, alone and in a batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.evidence.fading import BASELINE, Fading
from benchmarks.evidence.figure import Figure
from benchmarks.evidence.labels import NOISES, labels
from clm.decisions.sequential.decay import Decay, DecayRules
from clm.decisions.sequential.regime_vote import RegimeVote
from clm.decisions.sequential.sentinel import Sentinel, SentinelRules
from clm.decisions.sequential.skill_decay import SkillDecay, SkillDecayRules
from clm.decisions.sequential.skill_score import SkillScore
from clm.events import DAY as DAY_US

ROWS, PASSES, MOST = 20_000, 5, 2.0
"""Rows of a pass, passes of which the quickest counts, and the goal: µs of a row."""


def updates(seeds: range) -> Iterator[Figure]:
    """Microseconds of an update."""
    said, outcome = Fading(rows=BASELINE + ROWS).drawn(seeds[0])
    score = SkillScore()
    scores = score.update_many(said, outcome)
    decay, skill = Decay(DecayRules(), scores[:BASELINE]), SkillDecay(SkillDecayRules(ratio=1.0))
    sentinel, vote = Sentinel(SentinelRules()), RegimeVote()
    pairs = list(zip(said[:ROWS].tolist(), outcome[:ROWS].tolist(), strict=True))
    _, told, clock = labels(next(iter(NOISES)), seeds[0], ROWS)
    seen, hours = [str(label) for label in told.tolist()], clock.tolist()
    bar = DAY_US // 288
    passes: dict[str, Callable[[], Any]] = {
        "decay": lambda: [decay.update(score.update(*pair)) for pair in pairs],
        "decay, in a batch": lambda: decay.update_many(score.update_many(said[:ROWS], outcome[:ROWS])),
        "skill decay": lambda: [skill.update(row * bar, *pair) for row, pair in enumerate(pairs)],
        "sentinel": lambda: [sentinel.update(*pair) for pair in pairs],
        "regime": lambda: [vote.update(label, 1.0, hour) for label, hour in zip(seen, hours, strict=True)],
        "regime, in a batch": lambda: vote.update_many(seen),
    }
    for name, whole in passes.items():
        took = min(timed(whole) for _ in range(PASSES))
        yield Figure("speed", f"{name}: µs of an update", 1e6 * took / ROWS, float("nan"), PASSES, MOST)


def timed(whole: Callable[[], Any]) -> float:
    """Processor time of a call, seconds."""
    start = time.process_time()
    whole()
    return time.process_time() - start
