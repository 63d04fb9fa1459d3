"""Roles: the consumers and the dispatcher of a stage, and the trader beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from clm.decisions import rollout as rollout_role
from clm.decisions import shadow as shadow_role
from clm.decisions import watch as watcher_role
from clm.decisions.rollout import RolloutFold
from clm.decisions.shadow import ShadowFold
from clm.decisions.watch import WatcherFold
from clm.learning.scoring import BundleScorer
from clm.model import ModelType
from clm.policy import Policy
from clm.ports import EVENTS, Admitted, Entry, Fence, InputRows
from clm.scope import Scope
from clm.steps.consume import Consumer, Streams
from clm.steps.dispatch import Dispatcher, Outlets
from clm.steps.reconcile import Reconciler
from clm.steps.shadowing import Standing, announce
from clm.store.admission import admit
from clm.store.codec import encode
from clm.store.decoder import Decoder
from producers import EventPublisher, ModelHandle, StreamSink
from worker import rehearsal
from worker.bootstrap.keeping import history
from worker.bootstrap.stages import server_url, unheard_stage
from worker.settings import Settings
from worker.stage import Stage

DEFAULT = Policy()


def streams(stage: Stage, policy: Policy) -> Streams:
    """What a consumer of the stage reads and writes."""
    return Streams(
        events=stage.events,
        decisions=stage.decisions,
        checkpoints=stage.checkpoints,
        progress=stage.progress,
        decode=Decoder(stage.scope, known(policy)),
        history=partial(history, stage, EVENTS),
    )


def admission(stage: Stage, policy: Policy) -> Callable[[Entry], Admitted]:
    """What of an entry counts in the stage's scope."""
    return partial(admit, scope=stage.scope, known=known(policy))


def known(policy: Policy) -> frozenset[str]:
    """The model types that events may name."""
    return frozenset(each.value for each in policy.models)


def watcher(stage: Stage, policy: Policy, fence: Fence | None = None) -> Consumer:
    """The watcher's consumer."""
    fold = WatcherFold(stage.scope, policy)
    reads = replace(streams(stage, policy), quarantines=True)
    return Consumer(watcher_role.ROLE, fold, reads, fence=fence)


def rehearse(stage: Stage, policy: Policy, seconds: float) -> None:
    """Let a watcher's stage rehearse while it waits, until so long after the last entry; 0: never."""
    if seconds:
        step = onstage(stage.scope, policy).step
        stage.space.pass_the_time(step, seconds)


def onstage(scope: Scope, policy: Policy) -> Consumer:
    """The watcher's consumer for rehearsals: each step takes the next event, and nobody hears of it."""
    told = map(encode, rehearsal.events(watcher_role.ROLE, policy.models[0]))
    return watcher(unheard_stage(scope, told), policy, Fence(watcher_role.ROLE, "nobody", 1))


def shadow_fold(stage: Stage, policy: Policy, inputs: InputRows | None = None) -> ShadowFold:
    """The shadow's fold with its scorer; ``inputs`` instead of what is on the server."""
    scorer = BundleScorer(stage.artifacts, inputs or stage.inputs, stage.scope)
    return ShadowFold(stage.scope, policy, scorer)


def shadow(stage: Stage, policy: Policy, fence: Fence | None = None) -> Consumer:
    """The shadow's consumer."""
    fold = shadow_fold(stage, policy)
    return Consumer(
        shadow_role.ROLE,
        fold,
        streams(stage, policy),
        announce=announce,
        after=Standing(fold, stage.registry, fence),
        fence=fence,
    )


def rollout_fold(stage: Stage, policy: Policy, inputs: InputRows | None = None) -> RolloutFold:
    """The rollout's fold with its scorer; ``inputs`` instead of what is on the server."""
    scorer = BundleScorer(stage.artifacts, inputs or stage.inputs, stage.scope)
    return RolloutFold(stage.scope, policy, scorer)


def rollout(stage: Stage, policy: Policy, fence: Fence | None = None) -> Consumer:
    """The rollout's consumer."""
    fold = rollout_fold(stage, policy)
    return Consumer(rollout_role.ROLE, fold, streams(stage, policy), fence=fence)


def dispatcher(stage: Stage, fence: Fence | None = None, policy: Policy = DEFAULT) -> Dispatcher:
    """The dispatcher; the policy says what share of keys a winner serves first."""
    return Dispatcher(
        Outlets(
            decisions=stage.decisions,
            checkpoints=stage.checkpoints,
            progress=stage.progress,
            runs=stage.runs,
            queue=stage.queue,
            registry=stage.registry,
        ),
        fence,
        policy.next_share(0.0),
        None if fence is None else stage.runs.costs,
        lambda: stage.witness.saw(stage.decisions.heads()),
    )


def reconciler(stage: Stage) -> Reconciler:
    """Who queues dead runs again."""
    return Reconciler(stage.runs, stage.queue)


def memory_publisher(stage: Stage, producer: str) -> EventPublisher:
    """A publisher into the stage's own streams, sent by ``flush``."""
    return EventPublisher(sink=StreamSink(stage.space, stage.keys), p=producer, background=False)


def publisher(settings: Settings, stage: Stage) -> EventPublisher:
    """A publisher to the configured server."""
    return EventPublisher(server_url(settings), stage.scope.name, spool_dir=str(settings.home / "spool"))


def handle(stage: Stage, models: tuple[ModelType, ...]) -> ModelHandle:
    """A model handle over the stage's registry and bundles."""
    columns = next(iter(stage.scope.schemas.values()), ())
    return ModelHandle(stage.registry, stage.artifacts, models, columns)
