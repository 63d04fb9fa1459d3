"""Stages: every adapter of a scope, on a server or in memory, and the server itself."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from clm.decisions.rights import Rights
from clm.errors import ConfigurationError
from clm.ports import Archive, ArtifactStore, JobQueue, Witness
from clm.scope import Scope
from clm.store import scope_record
from clm.store.archive import StreamArchive
from clm.store.archive_files import files_at
from clm.store.artifact_store import DirectoryArtifactStore, MemoryArtifactStore
from clm.store.decision_log import StreamDecisionLog
from clm.store.event_log import StreamEventLog, StreamInputLog
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace
from clm.store.memory_keyspace import MemoryKeyspace
from clm.store.memory_queue import MemoryJobQueue
from clm.store.ownership import FencedCheckpoints, HashProgress, LeaseOwnership
from clm.store.redis_keyspace import connect
from clm.store.registry import RouteRegistry
from clm.store.run_store import HashRuns
from clm.store.trimming import StreamTrimming
from clm.store.unheard import unheard
from clm.store.valkey_process import dies_with_parent
from clm.store.witness import FileWitness, MemoryWitness
from worker.settings import Settings
from worker.stage import Stage

HEADS = "heads"
"""Folder beside the bundles in which the heads of the decision logs are kept: not on the server."""


def memory_stage(scope: Scope) -> Stage:
    """Every adapter in memory, under a clock that the entries themselves carry."""
    space = MemoryKeyspace()
    return _stage(scope, space, MemoryJobQueue(), MemoryArtifactStore(), MemoryWitness())


def unheard_stage(scope: Scope, entries: Iterator[bytes]) -> Stage:
    """A stage whose writes nobody hears, and whose streams have the next entry for whoever reads."""
    return _stage(scope, unheard(entries), MemoryJobQueue(), MemoryArtifactStore(), MemoryWitness())


def redis_stage(settings: Settings, scope: Scope | None = None) -> Stage:
    """Every adapter on the configured server, for the scope as it is declared there.

    Parameters:
        scope: a declaration to keep; None: the configuration's, else the one that is kept.

    Raises:
        UnreachableServer: the server does not answer.
        ConfigurationError: there is no server, or nobody declared the scope.
    """
    from clm.store.rq_queue import RqJobQueue

    url, name = server_url(settings), scope.name if scope else settings.scope
    space = connect(url)
    declared = _declared(settings, space, Keys(name), scope)
    queue = RqJobQueue(rq_client(settings.queue_url or url), name, settings.pools.by_name)
    witness = FileWitness(settings.artifacts / HEADS / f"{name}.jsonl")
    stage = _stage(declared, space, queue, DirectoryArtifactStore(settings.artifacts), witness)
    registry = RouteRegistry(
        space, stage.keys, durable=settings.durable_moves, witness=witness, rights=Rights(settings.roles)
    )
    return replace(stage, registry=registry, archive=archive_at(settings.archive, name))


def archive_at(place: str | None, scope: str) -> Archive | None:
    """The archive of a scope at a directory or URL; None where none is named."""
    return None if place is None else StreamArchive(files_at(place), scope)


def _declared(settings: Settings, space: Keyspace, keys: Keys, scope: Scope | None) -> Scope:
    """What is declared now. Symbols, columns and history that it leaves open stay as they are kept."""
    kept = scope_record.load(space, keys)
    if scope is None and kept is not None and keys.scope not in settings.scopes:
        return kept
    own = scope or settings.scope_of(keys.scope)
    if kept is not None:
        own = replace(
            own,
            symbols=own.symbols or kept.symbols,
            schemas={**kept.schemas, **own.schemas},
            history_from=kept.history_from if own.history_from is None else own.history_from,
        )
    return scope_record.save(space, keys, own)


def _stage(
    scope: Scope, space: Keyspace, queue: JobQueue, artifacts: ArtifactStore, witness: Witness
) -> Stage:
    keys = Keys(scope.name)
    return Stage(
        scope=scope,
        space=space,
        keys=keys,
        events=StreamEventLog(space, keys),
        inputs=StreamInputLog(space, keys),
        decisions=StreamDecisionLog(space, keys),
        checkpoints=FencedCheckpoints(space, keys),
        ownership=LeaseOwnership(space, keys),
        progress=HashProgress(space, keys),
        runs=HashRuns(space, keys),
        trimming=StreamTrimming(space, keys),
        queue=queue,
        registry=RouteRegistry(space, keys, witness=witness),
        witness=witness,
        artifacts=artifacts,
    )


def rq_client(url: str) -> Any:
    """RQ wants a client of its own that does not decode; a dead server must not hold it up."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0))


def server_url(settings: Settings) -> str:
    """The configured server, else the embedded one of this home.

    Raises:
        ConfigurationError: neither is there.
    """
    if settings.redis_url:
        return settings.redis_url
    from clm.store.embedded import socket_path, socket_url

    home = embedded_home(settings).resolve()
    if not socket_path(home).exists():
        raise ConfigurationError(
            "no server: CLM_REDIS_URL is not set and no embedded server runs here: start `clm up`, or set it"
        )
    return socket_url(socket_path(home))


def embedded_home(settings: Settings) -> Path:
    """Where the embedded server keeps its data."""
    return settings.home / "valkey"


@contextmanager
def server(settings: Settings) -> Iterator[str]:
    """The configured server, or an embedded one for as long as the context lasts; its URL."""
    if settings.redis_url:
        yield settings.redis_url
        return
    from clm.store.embedded import Embedded

    with Embedded(embedded_home(settings)) as url:
        yield url


def tied_to_owner() -> Callable[[], None] | None:
    """What a child runs before its program, so that it is killed when the thread that starts it ends.

    SIGKILL: at SIGTERM a worker would end its training first, for a server that is gone too.
    """
    return dies_with_parent(signal.SIGKILL)


def ping(settings: Settings) -> None:
    """Raises UnreachableServer or ConfigurationError unless the server answers."""
    connect(server_url(settings)).ping()
