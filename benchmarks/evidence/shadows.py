"""The scoreboard's part on candidates: shadow, probation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

from benchmarks.evidence import figure, halves
from benchmarks.evidence.bouts import Draw
from benchmarks.evidence.figure import Figure
from benchmarks.evidence.pairs import HOLD, HORIZON, WORLDS, hits, pair
from benchmarks.evidence.rivals import SeedShadow
from clm.decisions.sequential.duel import Duel
from clm.decisions.sequential.duel_rules import DuelRules
from clm.decisions.sequential.probation import Probation

SHADOW_GOALS: dict[tuple[str, float], dict[str, float]] = {
    ("base", 0.0): {"most": 0.05}, ("base", -0.02): {"most": 0.01}, ("base", 0.02): {"least": 0.8},
    ("base", 0.05): {"least": 0.97}, ("overlap", 0.0): {"most": 0.06}, ("swing3h", 0.0): {"most": 0.06},
}  # fmt: skip
SEED_FINDINGS = {("base", 0.0): 0.24, ("base", -0.02): 0.03, ("base", 0.02): 0.62, ("base", 0.05): 0.87}
"""P(promote) of the specification's rule where it was first measured."""


def duelled(draw: Draw, better: float, replicate: int, rules: DuelRules) -> tuple[str, int]:
    """The verdict of a shadow and the rows it took."""
    active, candidate = draw(better, replicate)
    duel = Duel(rules, (active[:HOLD], candidate[:HOLD]))
    verdict = duel.update_many(active[HOLD:], candidate[HOLD:])
    return verdict, duel.standing.rows


def shadows(seeds: range) -> Iterator[Figure]:
    """Promotions and how long they took, in every made market."""
    for name, world in WORLDS.items():
        for better in (0.0, -0.02, 0.02, 0.05):
            rules = DuelRules(overlap=world.overlap)
            some = halves.rare(seeds) if better <= 0 else seeds
            ended = [duelled(partial(pair, name), better, r, rules) for r in some]
            soon = 360 if (name, better) == ("base", 0.05) else math.inf
            goal = SHADOW_GOALS.get((name, better), {})
            yield from promoted("shadow", f"{name} {better:+.0%}", ended, goal, soon)


def promoted(
    part: str, name: str, ended: list[tuple[str, int]], goal: dict[str, float], soon: float
) -> Iterator[Figure]:
    """The share promoted, the median rows of those, and of all."""
    won = [rows for verdict, rows in ended if verdict == "better"]
    yield figure.mean(part, f"{name}: promoted", [verdict == "better" for verdict, _ in ended], **goal)
    if won:
        yield figure.median(part, f"{name}: rows until promoted", won, most=soon)
    yield figure.median(part, f"{name}: rows until any verdict", [rows for _, rows in ended])


def seed_shadows(seeds: range) -> Iterator[Figure]:
    """Policy ``seed`` on the same pairs; its figures must be those of the specification's rule."""
    for (name, better), known in SEED_FINDINGS.items():
        verdicts = [seed_verdict(name, better, r) == "promote" for r in seeds]
        slack = 3 * math.sqrt(known * (1 - known) * (1 / len(seeds) + 1 / 400))
        yield figure.mean(
            "seed", f"{name} {better:+.0%}: promoted", verdicts, most=known + slack, least=known - slack
        )


def seed_verdict(name: str, better: float, replicate: int) -> str:
    """What policy ``seed`` says after a day."""
    active, candidate = pair(name, better, replicate)
    first, second = hits(better, replicate, len(active), WORLDS[name].overlap)
    rule, verdict = SeedShadow(), "continue"
    for row in zip(active[HOLD:], candidate[HOLD:], first[HOLD:], second[HOLD:], strict=True):
        verdict = rule.update(*row)
        if verdict != "continue":
            break
    return verdict


def probations(
    name: str, draw: Draw, seeds: range, overlap: int, goals: dict[float, float]
) -> Iterator[Figure]:
    """Rollbacks within a week of a new version that is worse by a share, with medians to hold in rows."""
    for worse in (0.0, 0.05, 0.1, 0.3):
        rows = [watched(draw, worse, r, overlap) for r in (seeds if worse else halves.rare(seeds))]
        most = 0.05 if worse == 0 else math.inf
        yield figure.mean(
            "rollback", f"{name} worse by {worse:.0%}: rolled back", [r < math.inf for r in rows], most=most
        )
        if worse:
            yield figure.median(
                "rollback", f"{name} worse by {worse:.0%}: rows until", rows, most=goals.get(worse, math.inf)
            )


def watched(draw: Draw, worse: float, replicate: int, overlap: int) -> float:
    """Rows until a rollback, infinite if there is none."""
    new, old = draw(0.0, replicate)
    probation = Probation(overlap, (new[:HOLD], old[:HOLD]))
    live = zip(new[HOLD : HOLD + HORIZON // 2] * (1 + worse), old[HOLD:], strict=False)
    return next(
        (row for row, errors in enumerate(live, 1) if probation.update(*errors) == "roll back"), math.inf
    )
