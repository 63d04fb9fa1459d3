"""The ordeal: a stream of mutants, a watcher that must live through it, and what is left afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from itertools import islice

from clm.decisions.watch import WatcherFold
from clm.errors import MalformedEvent
from clm.policy import Policy
from clm.ports import Entry
from clm.scope import Scope
from clm.store import scope_record
from clm.store.admission import admit
from clm.store.keys import Keys
from clm.store.keyspace import Extend
from clm.store.redis_keyspace import connect
from tests.faults.mutants import AT, mutants

WRITTEN_MS = AT // 1000 + 60_000
"""When the mutants are written: after the times that they tell."""

WARM = 0.1
"""Part of the mutants that is folded before the watcher is measured."""


@dataclass(frozen=True, kw_only=True)
class Ordeal:
    """What became of the mutants."""

    sent: int
    folded: int  # entries that the watcher read
    refused: int  # of them, by its own count
    quarantined: int  # entries that the server was given, each once
    kept: int  # of them still there
    valid: int | None  # entries of which nothing is refused, by a fold in this process; None: not asked
    cpu_us: float  # of the watcher, per mutant
    grown_bytes: int  # of its memory


class Judge:
    """Says of one entry after the other whether all of it counts."""

    def __init__(self, scope: Scope) -> None:
        known = frozenset(each.value for each in Policy().models)
        self._admit, self._fold = partial(admit, scope=scope, known=known), WatcherFold(scope, Policy())

    def __call__(self, entry: Entry) -> bool:
        admitted = self._admit(entry)
        sound = not admitted.reasons
        for _, event in admitted.rows:
            try:
                self._fold.apply(event)
            except MalformedEvent:
                sound = False
        return sound


def undergo(url: str, scope: str, count: int, seed: int = 1, *, judged: bool = True) -> Ordeal:
    """Send mutants to a scope that nobody else uses, and let a watcher fold them.

    Parameters:
        judged: fold them in this process as well, one by one, which takes longer than all the rest.

    Raises:
        CalledProcessError: the watcher died.
    """
    space, keys = connect(url), Keys(scope)
    scope_record.save(space, keys, Scope(name=scope))
    valid, judge = 0, Judge(Scope(name=scope))
    numbered = enumerate(mutants(count, seed), 1)
    while page := [Entry(f"{WRITTEN_MS}-{n}", data) for n, data in islice(numbered, 1000)]:
        space.commit([], [Extend(keys.events, [(each.id, each.data) for each in page])])
        valid += sum(map(judge, page)) if judged else 0
    command = [sys.executable, "-m", "tests.faults.mutant_watcher", url, scope, str(round(count * WARM))]
    told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return Ordeal(
        sent=count,
        folded=told["folded"],
        refused=told["refused"],
        quarantined=space.added(keys.quarantine),
        kept=space.length(keys.quarantine),
        valid=valid if judged else None,
        cpu_us=told["cpu_us"],
        grown_bytes=told["grown_bytes"],
    )
