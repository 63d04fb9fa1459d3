"""Mutants: messages of every kind, damaged in one of a dozen ways, from a seed."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import msgpack

from clm.events import KINDS, SECOND, Command, Event, Outcome, Prediction, Regime, Run, Verdict, tick
from clm.store.batch import encode_batches
from clm.store.codec import encode
from clm.store.wire import MAX_BYTES

AT = 1_704_067_200 * SECOND  # 2024-01-01
SINGLES, BATCHES, ROWS = 2000, 300, 12
STRANGE: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**63,
    0.5,
    "x" * 300,
    b"\0",
    [1],
    {"a": 1},
    [[]],
    {},
    "",
    math.inf,
)


def mutants(count: int, seed: int) -> Iterator[bytes]:
    """``count`` messages; about a fifth of them can still be read, whole or in some rows."""
    chance = Random(seed)
    sound = [*(encode(event) for event in _singles(chance)), *_batches(chance)]
    for _ in range(count):
        yield chance.choice(WAYS)(chance.choice(sound), chance)


def _prediction(n: int, p: str, chance: Random) -> Prediction:
    return Prediction(
        p=p, n=n, at=AT + n, model_type=chance.choice(("xgboost", "lightgbm")), version="naive",
        symbol=f"S{n % 50}", horizon=1, value=chance.gauss(0, 1), naive=0.0,
    )  # fmt: skip


def _pair(n: int, p: str, chance: Random) -> tuple[Prediction, Outcome]:
    said = _prediction(n, p, chance)
    return said, Outcome(p=p, n=n + 1, at=said.at + 1, of=(p, n), value=chance.gauss(0, 1))


def _singles(chance: Random) -> list[Event]:
    others: list[Event] = [
        Regime(p="r", n=0, at=AT, regime="calm", confidence=0.5),
        Command(p="ops", n=0, at=AT, action="retrain", models=("xgboost",), reason="asked"),
        Run(p="w", n=0, at=AT, run="watcher-1", model_type="xgboost", cause="c", phase="started"),
        Verdict(p="s", n=0, at=AT, model_type="xgboost", version="v", result="reject", decision="d"),
        tick(AT),
    ]
    pairs = [event for n in range(0, SINGLES, 2) for event in _pair(n, "single", chance)]
    return pairs + others * (SINGLES // 50)


def _batches(chance: Random) -> list[bytes]:
    rows = [event for n in range(0, BATCHES * ROWS, 2) for event in _pair(n, "batch", chance)]
    return [
        data
        for start in range(0, len(rows), ROWS)
        for data in encode_batches(rows[start : start + ROWS])  # type: ignore[arg-type]
    ]


def _flipped(data: bytes, chance: Random) -> bytes:
    """One to three bits."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def _cut(data: bytes, chance: Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _spliced(data: bytes, chance: Random) -> bytes:
    """A piece of it twice."""
    start, end = sorted(chance.randrange(len(data)) for _ in range(2))
    return data[:end] + data[start:]


def _swapped(data: bytes, chance: Random) -> bytes:
    """A field of another type."""
    return _with(data, chance, lambda _: chance.choice(STRANGE))


def _lacking(data: bytes, chance: Random) -> bytes:
    wire = msgpack.unpackb(data)
    del wire[chance.choice(list(wire))]
    return _packed(wire)


def _not_finite(data: bytes, chance: Random) -> bytes:
    """NaN or infinity where a number was, in the last eight bytes of a column too."""

    def change(value: Any) -> Any:
        if isinstance(value, bytes):
            return value[:-8] + struct.pack("<d", math.nan)
        return chance.choice((math.nan, math.inf, -math.inf))

    return _with(data, chance, change)


def _of_unknown_kind(data: bytes, chance: Random) -> bytes:
    wire = msgpack.unpackb(data)
    wire["k"] = chance.choice(("fill", "Prediction", "", "batch", *KINDS))
    return _packed(wire)


def _boasting(data: bytes, chance: Random) -> bytes:
    """A header that promises four billion elements."""
    return _with(data, chance, lambda _: 0x7FC0FFEE).replace(
        b"\xce\x7f\xc0\xff\xee", chance.choice((b"\xdd", b"\xdf", b"\xdb", b"\xc6", b"\xc9")) + b"\xff" * 4
    )


def _deep(data: bytes, chance: Random) -> bytes:
    """Lists in lists, up to three thousand."""
    depth = chance.choice((20, 990, 3000))
    nest = chance.choice((b"\x91", b"\x81\xa1a"))
    return _with(data, chance, lambda _: 0x7FC0FFEE).replace(b"\xce\x7f\xc0\xff\xee", nest * depth + b"\xc0")


def _extended(data: bytes, chance: Random) -> bytes:
    return _with(data, chance, lambda _: msgpack.ExtType(chance.randrange(128), b"\0" * 8))


def _renumbered(data: bytes, chance: Random) -> bytes:
    """An impossible number or time."""
    wire = msgpack.unpackb(data)
    wire[chance.choice(("n", "at"))] = chance.choice((-1, 2**62, 2**64 - 1, AT * 2, [AT * 2], 1.0))
    return _packed(wire)


def _noise(data: bytes, chance: Random) -> bytes:
    return chance.randbytes(chance.randrange(200))


def _bloated(data: bytes, chance: Random) -> bytes:
    """Now and then larger than an entry may be, else a key that nobody knows."""
    wire = msgpack.unpackb(data)
    wire["extra"] = b"\0" * (MAX_BYTES if chance.random() < 0.005 else 50)
    return _packed(wire)


def _with(data: bytes, chance: Random, change: Callable[[Any], Any]) -> bytes:
    wire = msgpack.unpackb(data)
    name = chance.choice(list(wire))
    wire[name] = change(wire[name])
    return _packed(wire)


def _packed(wire: Any) -> bytes:
    packed: bytes = msgpack.packb(wire)
    return packed


WAYS: tuple[Callable[[bytes, Random], bytes], ...] = (
    _flipped, _cut, _spliced, _swapped, _lacking, _not_finite, _of_unknown_kind, _boasting, _deep, _extended,
    _renumbered, _noise, _bloated,
)  # fmt: skip
"""Each takes sound bytes and makes one mutant of them."""
