"""The ports: what the use cases need from the outside, each with a twin in memory.

The first six are the seed's, by name and signature; the others carry the event-driven system.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from clm.decisions.moves import Move
from clm.decisions.retention import Gap, Stock
from clm.decisions.route import Route as Route  # noqa: PLC0414 - what the registry's port gives
from clm.decisions.shadow import Scorer as Scorer  # noqa: PLC0414 - a port as well, defined below
from clm.events import Event, InputRow
from clm.model import EvaluationResult, ModelArtifact, ModelStatus, ModelType, ShadowTestResult
from clm.records import Decision, Head

if TYPE_CHECKING:
    import pandas as pd


LOOKED_THROUGH = 1000
"""Newest versions of a model type that are looked through by whoever wants to know all that may matter."""


# --- the seed's six -----------------------------------------------------------------------------


class DataClient(Protocol):
    """Bars of the scope: columns symbol, timestamp (UTC, bar start), open, high, low, close, volume."""

    def load_training_data(self, start: datetime, end: datetime) -> pd.DataFrame:
        """The bars that close in (start, end], none later than the client's ``as_of``."""

    def load_recent_data(self, days: int) -> pd.DataFrame:
        """The bars of the last ``days`` days before ``as_of``."""

    def load_validation_data(self, days: int) -> pd.DataFrame:
        """The newest ``days`` days, for a hold-out; the same rows as ``load_recent_data``."""


class FeatureEngineer(Protocol):
    """Turns bars into rows of features."""

    def transform(self, df: pd.DataFrame) -> pd.DataFrame:
        """One row per bar: the features and, where they are known, the columns of the target."""

    def get_feature_names(self) -> list[str]:
        """The feature columns, in the order of the schema."""


class ModelTrainer(Protocol):
    """Fits one model of each type; ``df`` as the feature engineer made it, ``params`` as configured."""

    def train_xgboost(self, df: pd.DataFrame, params: dict[str, Any]) -> Any: ...
    def train_lightgbm(self, df: pd.DataFrame, params: dict[str, Any]) -> Any: ...
    def train_nhits(self, df: pd.DataFrame, params: dict[str, Any]) -> Any: ...
    def train_patchtst(self, df: pd.DataFrame, params: dict[str, Any]) -> Any: ...


@runtime_checkable
class RefittingTrainer(Protocol):
    """A trainer that keeps rows apart to settle a recipe, and can then fit it to all of them."""

    def refit(self, model_type: ModelType, df: pd.DataFrame, params: dict[str, Any], settled: Any) -> Any:
        """A model of the same recipe as ``settled``, fitted to all rows by what that one settled."""


@runtime_checkable
class WarmTrainer(Protocol):
    """A trainer that can go on from a model instead of beginning anew."""

    def objection(self, model_type: ModelType, params: dict[str, Any], parent: Any) -> str:
        """Why it will not go on from this model; empty if it will."""

    def warm(self, model_type: ModelType, df: pd.DataFrame, params: dict[str, Any], parent: Any) -> Any:
        """A model of the parent's size, adapted to the rows."""


class ModelEvaluator(Protocol):
    """Judges a model on held-out rows."""

    def evaluate(self, model: Any, df: pd.DataFrame, model_type: ModelType) -> EvaluationResult:
        """Every metric of the model on the scored rows of ``df``."""

    def compare_to_active(
        self, candidate_result: EvaluationResult, active_result: EvaluationResult
    ) -> EvaluationResult:
        """The candidate's result with its deltas against the active one's."""


class ShadowTester(Protocol):
    """Runs a candidate beside the active model."""

    def run_shadow_test(
        self, model_type: ModelType, candidate_model: Any, active_model: Any, hours: int = 24
    ) -> ShadowTestResult:
        """What both did on the same events; ``complete=False`` while the evidence does not suffice."""


class ModelRegistry(Protocol):
    """The versions of each model type and which one is active."""

    def get_active(self, model_type: ModelType) -> ModelArtifact | None:
        """The active version, or None while the naive forecast serves."""

    def save_model(self, artifact: ModelArtifact) -> None:
        """Keep a new version; its bundle must be in the artifact store already."""

    def promote(self, model_type: ModelType, new_version: str) -> None:
        """Make a version active and retire the one before it, in one write."""

    def retire(self, model_type: ModelType, version: str) -> None:
        """Take a version out of use; the active one cannot be retired, only replaced."""

    def get_model_history(self, model_type: ModelType, limit: int = 10) -> list[ModelArtifact]:
        """The newest versions, newest first."""


# --- the event-driven system --------------------------------------------------------------------


class Entry(NamedTuple):
    """One entry of a stream, undecoded."""

    id: str  # milliseconds-sequence, as Redis orders them
    data: bytes


class Reason(NamedTuple):
    """Why a row of an entry was refused."""

    row: int | None  # of the entry, from 0; None: the whole entry
    text: str


class Admitted(NamedTuple):
    """What of an entry counts, and why the rest does not."""

    rows: Sequence[tuple[int | None, Event]]  # row of the entry, None where it is no batch; its event
    reasons: Sequence[Reason] = ()  # one per refused row; one alone for an entry that cannot be read


class Refusal(NamedTuple):
    """An entry that was refused, whole or in some of its rows."""

    id: str  # of the entry
    data: bytes
    reasons: Sequence[tuple[int | None, str]]  # each a Reason; the first of them suffice
    rows: int = 1  # rows that were refused; 1 where the entry is no batch


@dataclass(frozen=True)
class Loss:
    """The newest counters of one producer that lost events."""

    producer: str
    dropped: int  # there was no room while the server was away
    failed: int  # a value could not be written


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries of a stream by columns, undecoded."""

    ids: Sequence[bytes]  # b"1526919030474-55", oldest first
    data: Sequence[bytes]  # the field `d` of each; b"" for a foreign entry without it


@dataclass(frozen=True, slots=True)
class Fence:
    """Proof of owning a role or a run: a later owner has a higher token."""

    name: str  # role or run id
    owner: str
    token: int


class EventLog(Protocol):
    """The scope's events stream."""

    def append(self, event: Event) -> str:
        """Add one event; its entry id. Raises UnreachableServer."""

    def append_owned(self, event: Event, fence: Fence | None) -> None:
        """Add one event of a role's owner. Raises NotOwner when the fence is stale."""

    def read(self, after: str, count: int = 1000, block_ms: int | None = None) -> list[Entry]:
        """The entries after an id ("0" = from the start), at most ``count``; waits ``block_ms``."""

    def take(self, after: str, count: int, block_ms: int | None = None) -> Entries:
        """The same by columns, for who reads on from the last id: the next read may be under way already.

        At most ``count``, and fewer than are there where entries are large.
        """

    def last_id(self) -> str:
        """The id of the newest entry, "0-0" when there is none."""

    def quarantine(self, refused: Sequence[Refusal], fence: Fence | None = None) -> None:
        """Keep refused entries with their reasons, in the order of the stream; the newest 10,000 stay.

        Each entry once, however often it is told. Raises NotOwner when the fence is stale.
        """

    def quarantined(self) -> int:
        """Entries that were ever refused."""


class InputRows(Protocol):
    """Input rows in the order they were published."""

    def read(self, after: str, count: int = 1000) -> list[tuple[str, InputRow]]:
        """The rows after an entry id, each with its own."""


class InputLog(InputRows, Protocol):
    """The scope's inputs stream."""

    def append(self, row: InputRow) -> str: ...


class DecisionLog(Protocol):
    """The scope's decision log, chained per role."""

    def head(self, role: str) -> Head: ...

    def heads(self) -> dict[str, Head]:
        """Role -> the newest link of its chain."""

    def append(self, decision: Decision, fence: Fence | None, events: Sequence[Event] = ()) -> bool:
        """Append a role's next decision with the events that announce it, in one write.

        Returns False, writing nothing, for a number already logged: a re-derived decision.

        Raises:
            NotOwner: the fence is stale.
            OutOfOrder: the number skips one, or differs from the logged decision of that number.
        """

    def read(self, after: str, count: int = 1000, block_ms: int | None = None) -> list[tuple[str, Decision]]:
        """The decisions after an entry id, oldest first; waits up to ``block_ms`` for the first."""

    def last_id(self) -> str: ...


class Checkpoints(Protocol):
    """Cursor and folded state of a role, saved together."""

    def load(self, role: str) -> tuple[str, bytes] | None: ...

    def save(self, role: str, fence: Fence | None, cursor: str, state: bytes) -> None:
        """Raises NotOwner when the fence is stale."""

    def cursors(self) -> dict[str, str]:
        """Role -> cursor of its newest checkpoint."""


EVENTS, INPUTS = "events", "inputs"
STREAMS = (EVENTS, INPUTS)
"""The streams that grow with the trader; the others grow with decisions, which are kept."""


class Trimming(Protocol):
    """Cutting the ``STREAMS`` of a scope from their old end."""

    def stock(self, stream: str) -> Stock: ...

    def oldest(self, stream: str, count: int) -> Iterator[tuple[str, int]]:
        """Id and number of events of the oldest entries, at most ``count`` of them."""

    def cut(self, stream: str, before: str, fence: Fence | None, gaps: Sequence[Gap] = ()) -> None:
        """Remove what is older than an entry and put the gaps on record, in one write.

        Raises NotOwner when the fence is stale.
        """

    def gaps(self) -> list[Gap]:
        """What was cut before somebody was done with it, by stream and role."""

    def genesis(self, stream: str) -> str | None:
        """The oldest entry that a stream ever had, once something was cut from it; None before."""

    def archived(self) -> dict[str, str]:
        """Stream -> the newest entry of it that is in the archive."""

    def archive_reached(self, stream: str, entry_id: str, fence: Fence | None) -> None:
        """Tell how far the archive is. Raises NotOwner when the fence is stale."""


class Archive(Protocol):
    """Entries of the ``STREAMS`` of a scope that are kept for ever."""

    def last_id(self, stream: str) -> str:
        """The newest archived entry, "0-0" while there is none."""

    def read(self, stream: str, after: str, count: int = 1000) -> list[Entry]:
        """The archived entries after an id, oldest first, each once."""

    def keep(self, stream: str, entries: Sequence[Entry]) -> None:
        """Archive entries of one UTC day, in their order; they appear together or not at all."""

    def mend(self) -> None:
        """Finish what a killed archiver left half done; only for the one that owns the archive."""


class Ownership(Protocol):
    """Who owns a role: one process at a time, by a lease that must be renewed."""

    def acquire(self, role: str, owner: str, ttl_s: float) -> Fence | None:
        """The fence, or None while another owner's lease runs; an owner may take its own role again."""

    def renew(self, fence: Fence, ttl_s: float) -> None:
        """Raises NotOwner when the lease was lost."""

    def release(self, fence: Fence) -> None: ...


class Progress(Protocol):
    """How far each role has folded, for whoever waits on it (the lock-step trader, operators)."""

    def report(self, role: str, cursor: str, fence: Fence | None = None) -> None:
        """A role has folded everything up to an entry; of no effect when the fence is stale.

        Nobody waits for it: it shows a moment later.
        """

    def cursors(self) -> dict[str, str]:
        """Role -> the newest entry it has folded."""

    def settled(self) -> bool:
        """Every role has folded the newest entry, every decision is dispatched, no run is open."""


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """A training run, set once per decision; it decides whether a run exists."""

    run: str  # id of the retrain decision
    model_type: str
    as_of: int  # µs
    cause: str  # id of the decision
    trigger: str
    phase: str = "queued"  # queued, started, candidate, failed
    attempt: int = 0  # how often it was started
    lost: int = 0  # jobs that were taken from the queue and never started
    dead: bool = False  # given up: every attempt's worker died
    token: int = 0  # fencing token of the attempt that holds it
    version: str | None = None
    error: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)  # of the decision, e.g. regimes
    queued_wall: float = 0.0  # wall clock, seconds; informative
    ended_wall: float = 0.0
    cpu_seconds: float = 0.0
    duration_seconds: float = 0.0


class Runs(Protocol):
    """The run records of a scope."""

    def open(self, record: RunRecord) -> bool:
        """Set the record once; False if it exists."""

    def open_all(self, records: Sequence[RunRecord], fence: Fence | None = None) -> list[bool]:
        """Set each record once; whether it is new. One round trip when all are.

        Raises:
            NotOwner: the fence is stale; nothing was set.
        """

    def get(self, run: str) -> RunRecord:
        """Raises UnknownRun."""

    def list(self, limit: int = 100) -> Sequence[RunRecord]:
        """The newest runs, newest first."""

    def unfinished(self) -> Sequence[RunRecord]:
        """The runs that are queued or started, oldest first."""

    def claim(self, run: str, owner: str, lease_s: float) -> Fence | None:
        """Start an attempt (phase ``started``, with its event on the first one).

        None if the run has ended or another attempt's lease runs.
        """

    def renew(self, fence: Fence, lease_s: float) -> None:
        """Raises NotOwner when a later attempt holds the run."""

    def leased(self, run: str) -> bool:
        """Whether an attempt's lease runs."""

    def finish(self, record: RunRecord, fence: Fence, event: Event) -> bool:
        """Move the record to ``candidate`` or ``failed`` and write its event, in one write.

        False if the run had ended.

        Raises:
            NotOwner: a later attempt holds the run.
        """

    def bury(self, record: RunRecord, event: Event) -> bool:
        """Fail a run that nobody works on, with its event and a dead letter, in one write.

        False if the run had ended.

        Raises:
            NotOwner: an attempt's lease runs.
        """

    def lose(self, record: RunRecord) -> RunRecord | None:
        """Count a job that vanished before its attempt began; None if the record changed meanwhile."""

    def abandon(self, run: str, owner: str) -> bool:
        """End the lease of an owner that is known to be dead; False if it holds none."""

    def condemn(self, record: RunRecord, owner: str, event: Event) -> bool:
        """Fail a run whose attempt was ended from outside, with its event, in one write.

        False if the run had ended.

        Raises:
            NotOwner: another attempt holds the run.
        """

    def tell(self, fence: Fence, progress: Mapping[str, Any]) -> None:
        """Keep how far the attempt of a run is; of no effect once it holds the run no more."""

    def told(self) -> Mapping[str, Mapping[str, Any]]:
        """Run that is being trained -> what its attempt told last; the run's end clears it."""

    def costs(self) -> Mapping[str, float]:
        """Model type -> CPU seconds of its newest training that ended with a candidate."""


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt of a run, as it waits for a worker."""

    run: str
    attempt: int  # from 1
    model_type: str  # decides the pool of workers
    urgent: bool = False  # goes to the front


class JobQueue(Protocol):
    """Where dispatched runs wait for a training worker."""

    def enqueue(self, job: Job) -> str:
        """Queue a job under a deterministic id; while it waits, once more changes nothing."""

    def enqueue_new(self, jobs: Sequence[Job]) -> None:
        """Queue jobs that never were in the queue, in this order and one round trip."""

    def waits(self, job: Job) -> bool:
        """Whether the job still waits in the queue."""


class Witness(Protocol):
    """Keeps heads of the decision log outside the server, so that a cut or a rewriting shows."""

    def saw(self, heads: Mapping[str, Head]) -> None:
        """Keep the newest link of each role; never in the way of a move that has happened."""

    def seen(self) -> Iterator[Mapping[str, Head]]:
        """Everything that was kept, oldest first."""


class Registry(ModelRegistry, Protocol):
    """The registry as the event-driven system uses it."""

    def route(self, model_type: ModelType) -> Route: ...

    def move(  # noqa: PLR0913 - every argument is a part of the receipt
        self,
        model_type: ModelType,
        to_version: str,
        *,
        epoch: int,
        cause: str,
        actor: str,
        reason: str = "",
        at: int | None = None,
    ) -> Decision:
        """Route to a version, retire the one before, log a ``registry`` decision and ``moved``.

        One write. A cause that has already moved returns its decision again, changing nothing.

        Parameters:
            epoch: of the route that the mover has seen.
            actor: ``clm`` is automation, which a frozen route or a locked-out version stops.
            at: event clock of the cause, µs; None: of the newest event.

        Raises:
            StaleEpoch: another version became active since; a ``refused`` event was written.
            UnknownVersion: the version is not in the registry.
            IllegalMove: the route does not allow it to this actor; ``refused`` was written.
        """

    def rollback(self, model_type: ModelType, *, cause: str, actor: str, reason: str = "") -> Decision:
        """Move to the version that was live before the active one, and lock that one out.

        Raises:
            IllegalMove: none was, or the route does not allow it; ``refused`` was written.
        """

    def change(
        self, model_type: ModelType, move: Move, *, cause: str, reason: str = "", at: int | None = None
    ) -> Decision:
        """Make any move of the table ``clm.decisions.moves.LEGAL``, as ``move`` does.

        Raises:
            StaleEpoch, UnknownVersion, IllegalMove: as ``move``.
        """

    def resolve(self, model_type: ModelType, name: str) -> str:
        """The version that an alias stands for; any other name as it is. Raises UnknownVersion."""

    def get_model(self, model_type: ModelType, version: str) -> ModelArtifact:
        """A version by its name or alias: ``champion`` is the active one, ``challenger`` the next in line.

        Raises:
            UnknownVersion: there is none.
        """

    def release(self, model_type: ModelType, version: str) -> bool:
        """Give up the bundle of a version that nobody may need; False while somebody may.

        Its record stays, and says so; the version can be promoted no more.
        """

    def mark(
        self, model_type: ModelType, version: str, status: ModelStatus, fence: Fence | None = None
    ) -> None:
        """CANDIDATE to SHADOW, SHADOW or CANDIDATE to RETIRED; idempotent.

        Raises:
            IllegalMove: from its status there is no way to this one.
            NotOwner: the fence is stale.
        """

    def allot_version(self, model_type: ModelType, trained_at: datetime, run: str) -> str:
        """A version name never given before; the same one for the same run."""


class ArtifactStore(Protocol):
    """Bundles by the sha256 of their bytes."""

    def put(self, data: bytes) -> str:
        """Store bytes atomically; their sha256 (hex)."""

    def get(self, sha256: str) -> bytes:
        """Raises CorruptArtifact when they are missing or do not match."""

    def remove(self, sha256: str) -> None:
        """Forget the bytes; none there changes nothing."""
