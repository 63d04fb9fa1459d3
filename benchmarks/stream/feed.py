"""The feed: writes a tape into a stream of the server, so many events per entry, by the project's encoder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from clm.events import Event, Outcome, Prediction
from clm.store.batch import encode_batches
from clm.store.codec import encode

if TYPE_CHECKING:
    from redis import Redis

PIPELINED_BYTES = 1_000_000
"""What is sent before the answers are read."""


def entries(events: Iterable[Event], per_entry: int) -> Iterator[bytes]:
    """The bytes of entries: batches of ``per_entry`` predictions and outcomes; everything else alone."""
    for batched, group in groupby(events, lambda event: isinstance(event, Prediction | Outcome)):
        if not batched or per_entry == 1:
            yield from map(encode, group)
            continue
        rows: list[Any] = []
        for event in group:
            rows.append(event)
            if len(rows) == per_entry:
                yield from encode_batches(rows)
                rows = []
        yield from encode_batches(rows)


def fields_of(event: Event) -> dict[bytes, Any]:
    """An event as one field per value, as who has no wire format writes it with redis-py."""
    plain = {"kind": event.kind, **asdict(event)}
    of = plain.pop("of", None)
    if of is not None:
        plain |= {"of_p": of[0], "of_n": of[1]}
    return {name.encode(): value for name, value in plain.items()}


def fill(client: Redis, stream: str, rows: Iterable[dict[bytes, Any]]) -> str:
    """Add entries to a stream; the id of the last one."""
    last, waiting, pipe = b"0-0", 0, client.pipeline(transaction=False)
    for row in rows:
        pipe.xadd(stream, row)  # type: ignore[arg-type]
        waiting += sum(len(name) + len(str(value)) for name, value in row.items())
        if waiting >= PIPELINED_BYTES:
            last, waiting = pipe.execute()[-1], 0
    if waiting:
        last = pipe.execute()[-1]
    return last.decode()
