"""The names of all Redis keys, once. The braces are part of the key: they pin a scope to one slot."""

from __future__ import annotations

from dataclasses import dataclass

OPEN_RUNS = "open_runs"
"""Field of the progress hash: runs that have not ended, so that who waits reads it with the cursors."""


@dataclass(frozen=True)
class Keys:
    """The keys of one scope.

    >>> Keys("us-daily").events
    'clm:{us-daily}:events'
    """

    scope: str

    def of(self, *parts: str) -> str:
        """``clm:{scope}:part:part``."""
        return ":".join(("clm", "{" + self.scope + "}", *parts))

    @property
    def declaration(self) -> str:
        """The scope's own record."""
        return self.of("scope")

    @property
    def events(self) -> str:
        """Events stream."""
        return self.of("events")

    @property
    def inputs(self) -> str:
        """Inputs stream."""
        return self.of("inputs")

    @property
    def producers(self) -> str:
        """Hash: producer that lost events -> its counters."""
        return self.of("producers")

    @property
    def quarantine(self) -> str:
        """Stream of refused entries."""
        return self.of("quarantine")

    @property
    def decisions(self) -> str:
        """Decision log."""
        return self.of("decisions")

    @property
    def heads(self) -> str:
        """Hash: role -> number and hash of its newest decision."""
        return self.of("heads")

    @property
    def progress(self) -> str:
        """Hash: role -> the newest entry it has folded; and how many runs are open."""
        return self.of("progress")

    @property
    def runs(self) -> str:
        """Hash: run -> its record."""
        return self.of("runs")

    @property
    def run_order(self) -> str:
        """Stream of run ids in the order they were opened."""
        return self.of("runs", "order")

    @property
    def told(self) -> str:
        """Hash: run that is being trained -> how far it is."""
        return self.of("runs", "told")

    @property
    def costs(self) -> str:
        """Hash: model type -> CPU seconds of its newest training that ended with a candidate."""
        return self.of("runs", "costs")

    @property
    def dead(self) -> str:
        """Stream of dead letters: runs that were given up."""
        return self.of("dead")

    @property
    def hashes(self) -> str:
        """Hash: id of a decision -> its hash."""
        return self.of("decisions", "hashes")

    @property
    def saved(self) -> str:
        """Hash: role -> cursor of its newest checkpoint."""
        return self.of("saved")

    @property
    def archived(self) -> str:
        """Hash: stream -> the newest entry of it that is in the archive."""
        return self.of("archived")

    @property
    def genesis(self) -> str:
        """Hash: stream -> its first entry ever, once it was cut."""
        return self.of("genesis")

    @property
    def gaps(self) -> str:
        """Hash: stream and role -> what was cut before the role was done with it."""
        return self.of("gaps")

    def dry(self, name: str) -> DryKeys:
        """The keys of a dry run beside the acting policy."""
        return DryKeys(self.scope, name)

    def lease(self, name: str) -> str:
        """The lease of a role or run."""
        return self.of("lease", name)

    def token(self, name: str) -> str:
        """The newest fencing token of a role or run."""
        return self.of("token", name)

    def checkpoint(self, role: str) -> str:
        """Hash: cursor and state of a role."""
        return self.of("checkpoint", role)

    def route(self, model_type: str) -> str:
        """The route record of a model type."""
        return self.of("route", model_type)

    def versions(self, model_type: str) -> str:
        """Hash: version -> its record."""
        return self.of("versions", model_type)

    def order(self, model_type: str) -> str:
        """Stream of versions in the order they were saved."""
        return self.of("order", model_type)

    def lived(self, model_type: str) -> str:
        """The versions that were live before the active one, the last on top."""
        return self.of("lived", model_type)

    def causes(self, model_type: str) -> str:
        """Hash: cause of a move -> its registry decision, or the word refused."""
        return self.of("causes", model_type)

    def allotted(self, model_type: str) -> str:
        """Hash: version name -> run that holds it."""
        return self.of("allotted", model_type)


@dataclass(frozen=True)
class DryKeys(Keys):
    """What a dry run writes: logs, checkpoints and leases of its own, so that it is in nobody's way.

    >>> Keys("us-daily").dry("4f2a").decisions
    'clm:{us-daily}:dry:4f2a:decisions'
    """

    name: str

    def of(self, *parts: str) -> str:
        """``clm:{scope}:dry:name:part:part``."""
        return super().of("dry", self.name, *parts)
