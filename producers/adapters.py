"""What the producers use of a Redis server and a disk; the server's library is loaded on first use."""

from __future__ import annotations

from clm.errors import ConfigurationError
from clm.scope import Scope
from clm.store.artifact_store import DirectoryArtifactStore
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.redis_keyspace import RedisKeyspace, connect, masked
from clm.store.registry import RouteRegistry

SCHEMES = ("redis://", "rediss://", "unix://")


def checked_url(url: str) -> str:
    """The url, if it can be a Redis server's. Raises ConfigurationError."""
    if not url.startswith(SCHEMES):
        raise ConfigurationError(
            f"url {masked(url)!r} is not a Redis server's: it must begin with {', '.join(SCHEMES)}"
        )
    return url


def keys_of(scope: str) -> Keys:
    """The keys of a scope. Raises ConfigurationError for an impossible name."""
    return Keys(Scope(name=scope).name)


def keyspace(url: str) -> RedisKeyspace:
    """The server's keyspace; connects when it is first asked for something."""
    return connect(checked_url(url))


def registry(url: str, scope: str) -> RouteRegistry:
    """The registry of a scope."""
    return RouteRegistry(keyspace(url), keys_of(scope))


def event_log(url: str, scope: str) -> StreamEventLog:
    """The events stream of a scope."""
    return StreamEventLog(keyspace(url), keys_of(scope))


def artifact_store(directory: str) -> DirectoryArtifactStore:
    """The bundles in a directory."""
    return DirectoryArtifactStore(directory)
