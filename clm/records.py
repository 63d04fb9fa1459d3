"""A decision as it is logged: canonical bytes, and a chain of hashes per role.

Canonical bytes leave out wall time and stream ids, so that a replay writes the same ones.
"""

from __future__ import annotations

import hashlib
import json.encoder
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from json.encoder import encode_basestring
from typing import Any

REGISTRY = "registry"
"""The role of the registry's own decisions."""

PROMOTED, ROLLED_BACK = "promoted", "rolled_back"
SWAPS = frozenset({PROMOTED, ROLLED_BACK})
"""Their kinds after which another version is active; ``clm.decisions.moves.LEGAL`` has them all."""

AUTOMATION = "clm"
"""Actor of whatever no person asked for."""

GENESIS = "0" * 64
"""``prev`` of a role's first decision."""


def _encoder() -> Any:
    """What the library's encoder does at each call once it has been made, made once."""
    library = json.JSONEncoder(
        sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
    )
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return library.encode
    pieces = make(None, library.default, encode_basestring, None, ":", ",", True, False, False)
    return lambda value: "".join(pieces(value, 0))


ENCODE: Callable[[Any], str] = _encoder()

AS_THEY_ARE = frozenset({str, int, bool, type(None)})
"""Types that JSON takes as they are; looked up first, for most values are of one of them."""

TABLES, LISTS = (dict, Mapping), (list, tuple)


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces and the shortest exact floats; NaN and infinity become null.

    >>> canonical({"b": 1.5, "a": [None, True]})
    b'{"a":[null,true],"b":1.5}'
    """
    return _text(value).encode()


def digest(value: Any) -> str:
    """sha256 (hex) of a value's canonical bytes."""
    return _sha256(canonical(value))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _text(value: Any) -> str:
    return ENCODE(finite(value))


def _plain(value: Any) -> str:
    """The same, quicker for what holds no other values."""
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is float:
        return repr(value) if value - value == 0.0 else "null"
    return "null" if value is None else _text(value)


def finite(value: Any) -> Any:
    """A value as it is written: what is no finite number is None."""
    if type(value) in AS_THEY_ARE:
        return value
    if isinstance(value, float):
        return value if value - value == 0.0 else None
    if isinstance(value, TABLES):
        return {str(key): item if type(item) in AS_THEY_ARE else finite(item) for key, item in value.items()}
    if isinstance(value, LISTS):
        return [item if type(item) in AS_THEY_ARE else finite(item) for item in value]
    return value


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One decision of one role; a receipt of what was seen, by which rule and limit."""

    role: str  # watcher, shadow or registry
    kind: str  # retrain, suppressed; promote, reject, restarted, aborted; rollback, passed; moves
    at: int  # event clock at the deciding entry, µs
    model_type: str
    version: str | None = None
    trigger: str | None = None  # the first by priority of those that fired
    reason: str = ""
    statistic: float | None = None  # what was compared
    limit: float | None = None  # with what
    level: float | None = None  # significance level; None where the rule has none
    counts: Mapping[str, int] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)  # all that the rule saw
    policy: str = ""
    rule: str = ""  # name and version of the rule
    actor: str = AUTOMATION
    inputs_sha256: str = ""  # of the evidence
    cause: str = ""  # id of the decision or command behind it
    n: int = 0  # number in the role, from 1; 0 until chained
    prev: str = GENESIS
    hash: str = ""

    @property
    def id(self) -> str:
        """``role-n``, unique in its scope."""
        return f"{self.role}-{self.n}"

    def record(self) -> dict[str, Any]:
        """Every key of the logged record."""
        return {"id": self.id, **{name: getattr(self, name) for name in RECORDED}}

    def canonical(self) -> bytes:
        """The bytes that are hashed: the record without its own hash."""
        before, after = self._around
        return f'{before},"evidence":{self._seen},{after}'.encode()

    def logged(self) -> bytes:
        """The bytes that are logged: the canonical bytes of the whole record."""
        before, after = self._around
        return f'{before},"evidence":{self._seen},"hash":"{self.hash}",{after}'.encode()

    @cached_property
    def _seen(self) -> str:
        """The evidence as it is written: the larger part of a record, needed three times."""
        return _text(self.evidence)

    @cached_property
    def _around(self) -> tuple[str, str]:
        """What is written before the evidence and after the hash, in the order of the keys."""
        return self._written()

    def _written(self) -> tuple[str, str]:
        text = encode_basestring  # one line per field: a loop over them takes twice as long
        before = (
            f'{{"actor":{text(self.actor)},"at":{self.at},"cause":{text(self.cause)}'
            f',"counts":{_text(self.counts)}'
        )
        after = (
            f'"id":{text(self.id)},"inputs_sha256":{text(self.inputs_sha256)},"kind":{text(self.kind)}'
            f',"level":{_plain(self.level)},"limit":{_plain(self.limit)}'
            f',"model_type":{text(self.model_type)},"n":{self.n},"policy":{text(self.policy)}'
            f',"prev":{text(self.prev)},"reason":{text(self.reason)},"role":{text(self.role)}'
            f',"rule":{text(self.rule)},"statistic":{_plain(self.statistic)}'
            f',"trigger":{_plain(self.trigger)},"version":{_plain(self.version)}}}'
        )
        return before, after

    def linked(self, head: Head) -> Decision:
        """This decision as the next link after a head: numbered, linked and hashed."""
        inputs = self.inputs_sha256 or _sha256(self._seen.encode())
        made = object.__new__(Decision)  # as `replace` makes it, at a fifth of the price
        own = vars(made)
        own |= vars(self)  # with the evidence as it is written
        own |= {"n": head.n + 1, "prev": head.hash, "inputs_sha256": inputs}
        before, after = own["_around"] = made._written()
        own["hash"] = _sha256(f'{before},"evidence":{self._seen},{after}'.encode())
        return made

    def intact(self) -> bool:
        """Whether the hash is that of the record."""
        return self.hash == _sha256(self.canonical())


RECORDED = tuple(each.name for each in fields(Decision))
"""The keys of a record besides its id."""


def from_record(record: Mapping[str, Any]) -> Decision:
    """A decision from its logged record."""
    return Decision(**{key: value for key, value in record.items() if key != "id"})


@dataclass(frozen=True)
class Head:
    """The newest link of a role's chain."""

    n: int = 0
    hash: str = GENESIS

    def chain(self, decision: Decision) -> Decision:
        """The decision as the next link: numbered, linked to this head and hashed."""
        return decision.linked(self)

    def after(self, decision: Decision) -> Head:
        """The head once the decision is logged."""
        return Head(decision.n, decision.hash)


def log_sha256(decisions: Iterable[Decision]) -> str:
    """sha256 (hex) of a decision log's canonical bytes, role by role in the order of their names."""
    whole = hashlib.sha256()
    for decision in sorted(decisions, key=lambda each: (each.role, each.n)):
        whole.update(decision.canonical() + b"\n")
    return whole.hexdigest()
