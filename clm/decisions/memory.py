"""What the watcher remembers of one model type: without it a rule would fire at every event."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from clm.model import NAIVE

MAX_CANDIDATES = 256
"""Versions whose hold-out accuracy is remembered, for the day a rollback makes one active again."""

MAX_REGIMES = 64
"""Regimes whose last retrain is remembered, those of the newest."""


@dataclass
class Memory:
    """The trigger memory of one model type."""

    active: str = NAIVE
    trained_at: int | None = None  # as_of of the active version or of the last ended run, µs
    candidates: dict[str, list[Any]] = field(default_factory=dict)  # version -> [as_of, accuracy, of decay]
    open_run: str | None = None  # from its decision until its verdict took effect
    open_version: str | None = None  # the candidate of the open run
    decided_at: int | None = None  # of the last retrain, µs
    regime: str | None = None  # at the last retrain, or the first one seen
    noted: list[str] = field(default_factory=list)  # suppressions already recorded
    alarms: dict[str, Any] = field(default_factory=dict)  # detector -> what it saw; until a retrain or move
    trained_in: dict[str, int] = field(default_factory=dict)  # regime -> when a retrain in it was decided, µs
    recalled: list[Any] = field(
        default_factory=list
    )  # of the last recall: run, version, since when its regime

    def opened(self, run: str, at: int, regime: str | None) -> None:
        """A retrain was decided."""
        self.open_run, self.open_version, self.decided_at = run, None, at
        self.regime = regime
        self.noted.clear()
        self.alarms.clear()
        if regime is not None:
            self.trained_in.pop(regime, None)
            self.trained_in[regime] = at
            for oldest in list(self.trained_in)[:-MAX_REGIMES]:
                del self.trained_in[oldest]

    def asked_back(self, run: str, version: str, since: int) -> None:
        """A version was asked back for the regime that is in force since a moment (µs)."""
        self.open_run, self.open_version = run, None
        self.recalled = [run, version, since]
        self.noted.clear()

    def came_back(self, version: str | None) -> None:
        """The version that was asked back is a candidate again; None: it could not be."""
        if version is None:
            self.open_run = None
        self.open_version = version

    def trained(
        self, version: str | None, as_of: int, accuracy: float, decay: dict[str, Any] | None = None
    ) -> None:
        """A run ended: with a candidate, or in failure (version None).

        Parameters:
            decay: the plain baseline that the candidate is held to once it is active.
        """
        self.trained_at = max(as_of, self.trained_at or 0)
        if version is None:
            self.open_run = None
            return
        self.open_version = version
        self.known(version, as_of, accuracy, decay)

    def known(
        self, version: str, as_of: int | None, accuracy: float, decay: dict[str, Any] | None = None
    ) -> None:
        """Remember what a candidate is held to once it is active; ``as_of`` None: its training counts not."""
        self.candidates[version] = [as_of, accuracy, decay]
        if len(self.candidates) > MAX_CANDIDATES:
            del self.candidates[next(each for each in self.candidates if each != self.active)]

    def closed(self, version: str) -> None:
        """The open run's candidate was rejected or took effect."""
        if version == self.open_version:
            self.open_run = self.open_version = None

    def moved(self, to_version: str, regime: str | None = None) -> None:
        """Another version is active now.

        Parameters:
            regime: that is in force; one that was asked back for it needs no retrain in it.
        """
        self.active = to_version
        self.alarms.clear()
        if self.recalled and self.recalled[1] == to_version and self.open_version == to_version:
            self.regime = regime
        as_of, *_ = self.candidates.get(to_version, (None,))
        if as_of is not None:
            self.trained_at = max(as_of, self.trained_at or 0)
        self.closed(to_version)

    @property
    def baseline(self) -> float:
        """Hold-out accuracy of the active version, NaN for naive."""
        known = self.candidates.get(self.active)
        return known[1] if known else float("nan")

    @property
    def decay(self) -> dict[str, Any] | None:
        """What the detectors of decay hold the active version to; None for naive."""
        known = self.candidates.get(self.active)
        return known[2] if known else None

    def asked_by(self, run: str) -> bool:
        """Whether a run is the open one, and asked a version back."""
        return bool(self.recalled) and run == self.open_run == self.recalled[0]

    def asked_in(self, since: int) -> bool:
        """Whether a version was asked back for the regime that is in force since a moment (µs)."""
        return bool(self.recalled) and self.recalled[2] == since

    @property
    def training(self) -> bool:
        """Whether a run is open that has not brought its candidate yet."""
        return self.open_run is not None and self.open_version is None

    @property
    def on_trial(self) -> bool:
        """Whether the open run has brought its candidate."""
        return self.open_run is not None and self.open_version is not None

    def state(self) -> dict[str, Any]:
        """Everything, as msgpack can carry it."""
        return asdict(self)
