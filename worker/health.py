"""Health: whether the processes of a scope keep up, from what they left on the server."""

from __future__ import annotations

from clm.decisions import rollout, shadow, watch
from clm.errors import UnreachableServer
from clm.steps.dispatch import ROLE as DISPATCHER
from worker.services import Services

MAX_LAG_S = 60.0
"""How much time may lie between a role's newest folded entry and the newest entry, seconds."""

MAX_SILENCE_S = 180.0
"""How long a live scope may be without an entry; the watcher writes a tick every 60 seconds."""


def lag_s(cursor: str | None, newest: str) -> float:
    """Seconds of entries that are not folded yet; 0 when all are, infinite when none ever was."""
    if newest == "0-0":
        return 0.0
    if cursor is None:
        return float("inf")
    return max(0.0, (_milliseconds(newest) - _milliseconds(cursor)) / 1000)


def lags(services: Services) -> dict[str, float]:
    """By role: seconds behind the stream it reads. Raises UnreachableServer."""
    event, decision = services.events.last_id(), services.decisions.last_id()
    cursors = services.progress.cursors()
    wanted = {watch.ROLE: event, shadow.ROLE: event, DISPATCHER: decision}
    wanted |= {rollout.ROLE: event} if services.policy.canary_shares else {}
    return {role: lag_s(cursors.get(role), newest) for role, newest in wanted.items()}


def complaints(services: Services, now: float) -> list[str]:
    """What is wrong, a line each; nothing if all is well.

    Parameters:
        now: seconds since the epoch, wall clock.
    """
    try:
        behind, newest = lags(services), services.events.last_id()
    except UnreachableServer as error:
        return [str(error)]
    found = [_complaint(role, lag) for role, lag in behind.items() if lag > MAX_LAG_S]
    silence = now - _milliseconds(newest) / 1000
    if services.scope.clock == "live" and silence > MAX_SILENCE_S:
        since = "ever" if newest == "0-0" else f"for {silence:.0f} s"
        found.append(f"no entry {since}, not even the watcher's tick: see whether `clm watcher` runs")
    return found


def _complaint(role: str, lag: float) -> str:
    if lag == float("inf"):
        return f"{role} has folded nothing yet: start `clm {role}`"
    return f"{role} is {lag:.0f} s of entries behind: see its log"


def _milliseconds(entry_id: str) -> int:
    return int(entry_id.partition("-")[0])
