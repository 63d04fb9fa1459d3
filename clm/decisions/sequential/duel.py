"""The duel: is one forecast better than another on the same events, looked at after every one?

Of each pair of errors a, b, b the challenger's, with sizes known before the row, D = root mean square of the
newest a - b and E = mean of the newest (|a| + |b|)/2:

    x = (|a| - |b|) / D        how much better, in units of what the two disagree by
    f = d |a| / D - x          how far from better by the fraction d that is asked for

S = sum x, F = sum f, V = max(n v, sum (x - S/n)^2), v the long-run variance per row of x from blocks
of at least ``overlap`` rows, those of the hold-out included. For equals x is as likely minus as plus, so that
exp(g S - g^2 sum x^2 / 2) is a supermartingale whatever the tails (S/n is taken off because a clear winner
would else be measured by its own lead); n v takes over where rows depend on each other.

    better    e(S, V) >= 1/a1, or S >= (c(a2) - k n/N) sqrt(V N/n); a1 + a2 = level
    futile    e(F, V) >= 1/futility: not better by d
    expired   row N of the duel
    broken    the challenger said no number

Better needs two guards: the loss differences in units of E have a positive sum as well, and the squared loss
is at most 1.05^2 times the other's. The rules are looked at every fourth row.

Sources: ``mixture``, ``horizon_bound``, ``long_run``; sums under sum x^2: de la Pena (1999), Ann. Probab. 27,
537-564; comparing forecasts sequentially: Henzi & Ziegel (2022), Biometrika 109, 647-663.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clm.decisions.sequential import duel_fold as loop
from clm.decisions.sequential.duel_rules import DuelRules
from clm.decisions.sequential.horizon_bound import FALL
from clm.decisions.sequential.mixture import log_mixture

VERDICTS = ("open", "better", "futile", "expired", "broken")
"""By the loop's codes."""


@dataclass(frozen=True)
class Standing:
    """How a duel stands."""

    rows: int  # pairs that count towards the verdict
    effective: float  # rows / (long-run variance / own variance): as many independent ones
    improvement: float  # of the mean absolute error, fraction, in units of the disagreement
    log_better: float  # log e-value for "better"
    log_futile: float  # log e-value for "not better by the improvement that is asked for"
    late: float  # S in standard errors of the whole duel + k n/N: held against the horizon bound's c
    rows_needed: int | None  # more rows until a verdict if it goes on like this; None: not before the end


class Duel:
    """Folds pairs of errors into a verdict; about 60 numbers of state.

    Parameters:
        rules: what is asked for.
        known: errors (n,) of both on the hold-out, oldest first, the challenger's second. Without them the
            first 24 blocks only teach the variance.

    >>> duel = Duel(DuelRules())
    >>> duel.update(2.0, 1.0), duel.update(2.0, float("nan"))
    ('open', 'broken')
    """

    def __init__(
        self, rules: DuelRules, known: tuple[Sequence[float], Sequence[float]] | None = None
    ) -> None:
        self.rules = rules
        self._rules = np.array(
            [
                rules.block,
                rules.early_limit,
                rules.late_limit,
                rules.futility_limit,
                rules.improvement,
                rules.reach,
                rules.horizon,
                rules.least,
            ],
            dtype=np.float64,
        )
        self._state = np.zeros(loop.STATE)
        if known is not None:
            loop.warm(self._state, self._rules, *(np.asarray(each, dtype=np.float64) for each in known))

    def update(self, other: float, challenger: float) -> str:
        """Fold one pair of signed errors; the verdict so far, which never changes once it is not open."""
        return VERDICTS[loop.fold_one(self._state, self._rules, float(other), float(challenger))]

    def update_many(self, other: Sequence[float], challenger: Sequence[float]) -> str:
        """Fold pairs, oldest first, until a verdict; the same bits as one by one."""
        a, b = np.asarray(other, dtype=np.float64), np.asarray(challenger, dtype=np.float64)
        return VERDICTS[loop.fold(self._state, self._rules, a, b)]

    @property
    def verdict(self) -> str:
        """The verdict so far."""
        return VERDICTS[int(self._state[loop.VERDICT])]

    @property
    def again(self) -> str:
        """The verdict that the sums give, for a receipt; rules are looked at where a block ends only."""
        return VERDICTS[int(loop.ruled(self._state, self._rules))]

    @property
    def standing(self) -> Standing:
        """How it stands, for the receipt."""
        rows = int(self._state[loop.ROWS])
        share, total = float(self._state[loop.SHARE]), float(self._state[loop.TOTAL])
        variance, scale = self._variance(rows), float(self._state[loop.SCALE])
        far = self.rules.improvement * share - total
        return Standing(
            rows,
            float(self._state[loop.SQUARES]) / variance * rows if variance > 0 else 0.0,
            total / share if share > 0 else math.nan,
            log_mixture(total, variance, scale),
            log_mixture(far, variance, scale),
            self._late(rows, total, variance),
            self._needed(rows) if self.verdict == "open" else 0,
        )

    def _variance(self, rows: int) -> float:
        if rows == 0:
            return 0.0
        squares = float(self._state[loop.SQUARES]) - float(self._state[loop.TOTAL]) ** 2 / rows
        return max(rows * float(loop.spread(self._state)), squares)

    def _late(self, rows: int, total: float, variance: float) -> float:
        if variance <= 0:
            return 0.0
        whole = math.sqrt(variance / rows * self.rules.horizon)
        return total / whole + FALL * rows / self.rules.horizon

    def _needed(self, rows: int) -> int | None:
        """More rows, in whole blocks, until a limit is passed at the drift and variance seen so far.

        Grown in proportion, no sum that passed its limit falls below it again; so the number is searched for.
        """
        if rows == 0:
            return None
        later = range(rows + self.rules.block, self.rules.horizon, self.rules.block)
        first = bisect_left(later, True, key=lambda n: self._ends(n, n / rows))
        return later[first] - rows if first < len(later) else None

    def _ends(self, rows: int, grown: float) -> bool:
        """Whether sums ``grown`` times as large at a number of rows end the duel."""
        total, share = grown * float(self._state[loop.TOTAL]), grown * float(self._state[loop.SHARE])
        variance, scale = grown * self._variance(round(rows / grown)), float(self._state[loop.SCALE])
        far = self.rules.improvement * share - total
        late = self._late(rows, total, variance) >= self.rules.late_limit
        better = late or log_mixture(total, variance, scale) >= self.rules.early_limit
        return bool(better or log_mixture(far, variance, scale) >= self.rules.futility_limit)

    def renewed(self) -> Duel:
        """A duel of the same two without evidence: what this one has learnt of their errors it knows."""
        made = Duel.restored(self.rules, self.state())
        loop.renewed(made._state)
        return made

    def state(self) -> list[float]:
        """Everything folded, as msgpack and JSON can carry it."""
        return [float(each) for each in self._state]

    @classmethod
    def restored(cls, rules: DuelRules, state: Sequence[float]) -> Duel:
        """From a saved state, under the same rules."""
        made = cls(rules)
        made._state[:] = state
        return made
