"""What a registry left behind must agree with itself: route, log, events, statuses."""

from __future__ import annotations

from clm.decisions.chains import broken_links, unmoved
from clm.events import Moved
from clm.model import NAIVE, ModelStatus
from clm.store.artifact_record import unpack_artifact
from clm.store.codec import decode
from clm.store.decision_log import StreamDecisionLog
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace
from clm.store.registry import RouteRegistry
from tests.rollout.promoter import TYPE

WHOLE = 100_000


def faults_of(space: Keyspace, keys: Keys) -> list[str]:
    """What is wrong, a line each. Nobody may move meanwhile but a command that a killed process had sent."""
    registry = RouteRegistry(space, keys)
    while True:
        route = registry.route(TYPE)
        log = [decision for _, decision in StreamDecisionLog(space, keys).read("0-0", WHOLE)]
        events = [decode(data) for _, data in space.read(keys.events, "0-0", WHOLE)]
        records = [unpack_artifact(raw) for raw in space.all(keys.versions(TYPE.value)).values()]
        if registry.route(TYPE) == route:
            break
    faults = broken_links(log) + unmoved(log, {TYPE.value: route})
    moved = [each for each in events if isinstance(each, Moved)]
    told = [(each.cause, each.epoch, each.from_version, each.to_version) for each in moved]
    logged = [(d.cause, *(d.evidence[name] for name in ("epoch", "from", "to"))) for d in log]
    if told != logged:
        faults.append(f"{len(moved)} events of moves are not the {len(logged)} decisions of the registry")
    if [epoch for _, epoch, _, _ in logged] != list(range(1, route.epoch + 1)):
        faults.append(f"the decisions are not one per epoch up to {route.epoch}")
    ends = [NAIVE, *(to for *_, to in logged)]
    if [start for _, _, start, _ in logged] != ends[:-1] or ends[-1] != route.active:
        faults.append("a decision does not begin where the one before it ended")
    active = {each.version for each in records if each.status is ModelStatus.ACTIVE}
    if active != {route.active} - {NAIVE}:
        faults.append(f"{sorted(active)} are ACTIVE, the route is on {route.active}")
    return faults
