"""Every error the project raises on purpose, under one base, so that a caller can catch them all.

Each message names the value, the place and the remedy. This module imports nothing of ours.
"""

from __future__ import annotations


class ClmError(Exception):
    """Base of every error raised on purpose."""


class ConfigurationError(ClmError):
    """A setting is unknown, out of range or contradicts another one."""


class MalformedEvent(ClmError):
    """An entry cannot be read as an event of this scope; it belongs in quarantine."""


class UnreachableServer(ClmError):
    """The Redis server does not answer."""


class RefusedByServer(ClmError):
    """The Redis server answers, and will not do this until somebody changes something: rights, a key."""


class NotOwner(ClmError):
    """The fencing token is stale: another process owns the role or the run now."""


class OutOfOrder(ClmError):
    """A decision is not its role's next number, so nothing was written."""


class StaleEpoch(ClmError):
    """The route moved since the epoch was read, so the move was refused."""


class IllegalMove(ClmError):
    """The registry does not allow this change of status."""


class UnknownVersion(ClmError):
    """The registry holds no such version of this model type."""


class UnknownRun(ClmError):
    """No run record has this id."""


class UnknownDecision(ClmError):
    """The decision log holds no decision of this id."""


class CorruptArtifact(ClmError):
    """The stored bytes do not match their sha256 or are not a bundle."""


class MissingFeatures(ClmError):
    """A model needs columns that no input schema of the scope has."""


class InsufficientData(ClmError):
    """There are too few matured rows to train or to judge."""


class Unexplained(ClmError):
    """Nobody recorded what a version's forecasts rest on."""


class TrainingFailed(ClmError):
    """A trainer raised; the cause is chained."""


class Unsettled(ClmError):
    """The loop does not come to rest after a bar."""


class IncompleteHistory(ClmError):
    """The beginning of a stream is neither on the server nor in the archive."""


class MissingLibrary(ClmError):
    """An optional library is not installed; the message names the extra that brings it."""
