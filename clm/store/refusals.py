"""Refusals: what a server's error answers mean, and what to do about each."""

from __future__ import annotations

from clm.errors import ClmError, RefusedByServer, UnreachableServer

PASSING = {
    "OOM": "its memory is full: raise maxmemory, trim old streams or move a scope elsewhere",
    "MISCONF": "it cannot save to its disk: free space or fix the permissions of its directory",
    "READONLY": "it is a replica: point CLM_REDIS_URL at the primary",
    "NOREPLICAS": "it has too few replicas: start them",
    "CLUSTERDOWN": "its cluster is down: wait, or repair it",
    "MASTERDOWN": "its primary is down: wait, or promote a replica",
    "TRYAGAIN": "its cluster is moving keys: wait",
    "BUSY": "it is running a script: wait",
}
"""Answers that end by themselves or by an operator's hand, so that trying again makes sense."""

LASTING = {
    "NOPERM": "give this user the rights on clm:{scope}:* and on EVALSHA, or use another user",
    "WRONGTYPE": "a key of this scope holds something else: rename the scope or remove the key",
    "NOSCRIPT": "allow SCRIPT LOAD and EVALSHA",
}
"""Answers that stay until something is changed; others get the last word of ``translated``."""

CODES = {
    "OutOfMemoryError": "OOM",
    "ReadOnlyError": "READONLY",
    "ClusterDownError": "CLUSTERDOWN",
    "MasterDownError": "MASTERDOWN",
    "TryAgainError": "TRYAGAIN",
    "NoPermissionError": "NOPERM",
    "NoScriptError": "NOSCRIPT",
}
"""Kinds of error whose code the client takes out of the message."""


def translated(error: Exception, server: str) -> ClmError:
    """UnreachableServer for an answer that is worth trying again, RefusedByServer for any other.

    Parameters:
        error: a ResponseError of the client.
        server: its name without a password.
    """
    code = CODES.get(type(error).__name__) or str(error).partition(" ")[0]
    if code in PASSING:
        return UnreachableServer(f"the server refuses to write for now ({error}; {server}): {PASSING[code]}")
    remedy = LASTING.get(code, "it must be Redis >= 7.0 or Valkey >= 8 with scripts allowed")
    return RefusedByServer(f"the server refuses ({error}; {server}): {remedy}")
