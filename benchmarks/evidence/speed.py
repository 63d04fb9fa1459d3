"""The scoreboard's part on what an update costs: processor time of one row, alone and in a batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.evidence.fading import BASELINE, Fading
from benchmarks.evidence.figure import Figure
from benchmarks.evidence.labels import NOISES, labels
from benchmarks.evidence.pairs import pair
from clm.decisions.sequential.decay import Decay, DecayRules
from clm.decisions.sequential.duel import Duel
from clm.decisions.sequential.duel_rules import DuelRules
from clm.decisions.sequential.regime_vote import RegimeVote
from clm.decisions.sequential.sentinel import Sentinel, SentinelRules
from clm.decisions.sequential.skill_decay import SkillDecay, SkillDecayRules
from clm.decisions.sequential.skill_score import SkillScore
from clm.events import DAY as DAY_US
from clm.steps.comparison import ENDLESS

ROWS, PASSES, MOST, MOST_SHADOW = 20_000, 5, 2.0, 10.0
"""Rows of a pass, passes of which the quickest counts, and the goals: µs of a row, of one of the shadow."""


def updates(seeds: range) -> Iterator[Figure]:
    """Microseconds of an update."""
    said, outcome = Fading(rows=BASELINE + ROWS).drawn(seeds[0])
    score = SkillScore()
    scores = score.update_many(said, outcome)
    decay, skill = Decay(DecayRules(), scores[:BASELINE]), SkillDecay(SkillDecayRules(ratio=1.0))
    sentinel, vote = Sentinel(SentinelRules()), RegimeVote()
    rows = list(zip(said[:ROWS].tolist(), outcome[:ROWS].tolist(), strict=True))
    _, told, clock = labels(next(iter(NOISES)), seeds[0], ROWS)
    seen, hours = [str(label) for label in told.tolist()], clock.tolist()
    bar = DAY_US // 288
    rules, errors = DuelRules(**ENDLESS), pair("base", 0.0, seeds[0], ROWS)
    duels = Duel(rules), Duel(rules)
    live = list(zip(*(each.tolist() for each in errors), strict=True))
    passes: dict[str, Callable[[], Any]] = {
        "shadow": lambda: [duels[0].update(*each) for each in live],
        "shadow, in a batch": lambda: duels[1].update_many(*errors),
        "decay": lambda: [decay.update(score.update(*row)) for row in rows],
        "decay, in a batch": lambda: decay.update_many(score.update_many(said[:ROWS], outcome[:ROWS])),
        "skill decay": lambda: [skill.update(at * bar, *row) for at, row in enumerate(rows)],
        "sentinel": lambda: [sentinel.update(*row) for row in rows],
        "regime": lambda: [vote.update(label, 1.0, hour) for label, hour in zip(seen, hours, strict=True)],
        "regime, in a batch": lambda: vote.update_many(seen),
    }
    for name, whole in passes.items():
        took = min(timed(whole) for _ in range(PASSES))
        most = MOST_SHADOW if name.startswith("shadow") else MOST
        yield Figure("speed", f"{name}: µs of an update", 1e6 * took / ROWS, float("nan"), PASSES, most)


def timed(whole: Callable[[], Any]) -> float:
    """Processor time of a call, seconds."""
    start = time.process_time()
    whole()
    return time.process_time() - start
