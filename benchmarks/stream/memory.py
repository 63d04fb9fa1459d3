"""What an event occupies in the server: batches beside one entry of hash fields per event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random
from typing import TYPE_CHECKING, Any

from benchmarks.stream.feed import entries, fields_of, fill
from benchmarks.stream.figure import Figure, shown
from benchmarks.stream.scene import connected
from benchmarks.stream.sizes import Sizes
from benchmarks.stream.stock import alone
from benchmarks.stream.tape import BAR_SECONDS, START, SYMBOLS
from clm.events import SECOND, InputRow
from clm.learning.features import TechnicalFeatures
from clm.learning.targets import Target
from clm.scope import Scope
from clm.store.codec import encode_row
from producers.float32 import float32_bytes

if TYPE_CHECKING:
    from redis import Redis

PER_ENTRY = (100, 1000)
"""Events per batch; the worse one counts."""


def measure(url: str, sizes: Sizes) -> Iterator[Figure]:
    """The row of this section."""
    client, events = connected(url), alone(sizes.stored)
    hashed = _bytes_each(client, "bench:hashed", map(fields_of, events), len(events))
    batched = {
        each: _bytes_each(client, f"bench:batched-{each}", _rows(entries(events, each)), len(events))
        for each in PER_ENTRY
    }
    raw = {
        "unit": "bytes per event, MEMORY USAGE SAMPLES 0",
        "hash_fields": shown(hashed),
        "one_msgpack_map": shown(_bytes_each(client, "bench:maps", _rows(entries(events, 1)), len(events))),
        **{f"batches_of_{each}": shown(bytes_each) for each, bytes_each in batched.items()},
        **_inputs(client, sizes),
    }
    yield Figure("memory_over_hash", shown(max(batched.values()) / hashed), raw)


def _inputs(client: Redis, sizes: Sizes) -> dict[str, Any]:
    """Bytes per input row of the technical features."""
    scope, chance = Scope(), Random(7)
    columns = len(
        TechnicalFeatures(Target(scope.target, scope.horizon, scope.naive), BAR_SECONDS).get_feature_names()
    )
    count = sizes.stored // 10
    rows = (
        InputRow(
            symbol=SYMBOLS[number % len(SYMBOLS)],
            at=START + number // len(SYMBOLS) * BAR_SECONDS * SECOND,
            schema="technical",
            x=float32_bytes([chance.gauss() for _ in range(columns)]),
        )
        for number in range(count)
    )
    size = _bytes_each(client, "bench:inputs", _rows(map(encode_row, rows)), count)
    return {"input_row": shown(size), "input_columns": columns}


def _rows(data: Iterable[bytes]) -> Iterable[dict[bytes, Any]]:
    return ({b"d": each} for each in data)


def _bytes_each(client: Redis, key: str, rows: Iterable[dict[bytes, Any]], count: int) -> float:
    fill(client, key, rows)
    used: Any = client.memory_usage(key, samples=0)
    client.delete(key)
    return int(used) / count
