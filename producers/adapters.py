"""What the producers use of a Redis server and a disk; the server's library is loaded on first use."""

from __future__ import annotations

from clm.errors import ConfigurationError
from clm.scope import Scope
from clm.store.artifact_store import DirectoryArtifactStore
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.redis_keyspace import RedisKeyspace, connect, masked
from clm.store.registry import RouteRegistry

SCHEMES = "redis://host:6379/0, rediss://host:6379/0 or unix:///path"


def keys_of(scope: str) -> Keys:
    """The keys of a scope. Raises ConfigurationError for an impossible name."""
    return Keys(Scope(name=scope).name)


def keyspace(url: str) -> RedisKeyspace:
    """The server's keyspace; connects when it is first asked for something.

    Raises:
        ConfigurationError: the url is none of a Redis server's.
    """
    try:
        return connect(url)
    except ValueError as error:
        raise ConfigurationError(
            f"url {masked(url)!r} is not a Redis server's ({error}): use {SCHEMES}"
        ) from error


def registry(url: str, scope: str) -> RouteRegistry:
    """The registry of a scope."""
    return RouteRegistry(keyspace(url), keys_of(scope))


def event_log(url: str, scope: str) -> StreamEventLog:
    """The events stream of a scope."""
    return StreamEventLog(keyspace(url), keys_of(scope))


def artifact_store(directory: str) -> DirectoryArtifactStore:
    """The bundles in a directory."""
    return DirectoryArtifactStore(directory)
