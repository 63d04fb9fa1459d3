"""The compiled decoder says of every entry what the reference says, in the order of the stream."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given, settings

from clm.decisions.block import Block
from clm.decisions.join import prediction
from clm.decisions.names import Names
from clm.events import Event, Outcome, Prediction, tick
from clm.ports import Entries, Entry
from clm.scope import Scope
from clm.store.admission import admit
from clm.store.batch import encode_batches
from clm.store.codec import encode
from clm.store.decoder import Decoder
from tests.faults.mutants import mutants
from tests.unit.store.test_batch_arbitrary import ROWS, Rows
from tests.unit.store.test_golden import BATCHES

SCOPES = Scope(symbols=("AAPL", "IBM", "A", "B", "C")), Scope()
KNOWN = frozenset({"nhits", "xgboost", "lightgbm", "patchtst"})
WRITTEN = "1800000000000"  # ms, after all that the golden events tell
SOME = settings(max_examples=200, derandomize=True, deadline=None, database=None)

Told = list[tuple[int, int | None, str]]


def laid_out(block: Block, names: Names) -> Told:
    """(entry, row of it, event) in the order in which a fold is given them."""
    told, singles = Told(), list(block.singles)
    for position in range(len(block.rows) + 1):
        while singles and singles[0].position == position:
            single = singles.pop(0)
            told.append((single.entry, single.row, repr(single.event)))
        if position < len(block.rows):
            entry, place = block.origin(position)
            told.append((entry, place, repr(event_of(block.rows[position], names))))
    return told


def event_of(row: object, names: Names) -> Event:
    if row["key"] >= 0:  # type: ignore[index]
        return prediction(names, row)  # type: ignore[arg-type]
    p, of = names.producers[row["p"]], names.producers[-1 - row["key"]]  # type: ignore[index]
    n, at, of_n, value = (row[name].item() for name in ("n", "at", "of_n", "value"))  # type: ignore[index]
    return Outcome(p=p, n=n, at=at, of=(of, of_n), value=value)


def by_reference(data: Sequence[bytes], scope: Scope) -> tuple[Told, dict[int, list[tuple[int | None, str]]]]:
    told, refused = Told(), dict[int, list[tuple[int | None, str]]]()
    for place, each in enumerate(data):
        admitted = admit(Entry(f"{WRITTEN}-{place}", each), scope, KNOWN)
        told += [(place, row, repr(event)) for row, event in admitted.rows]
        if admitted.reasons:
            refused[place] = [(reason.row, reason.text) for reason in admitted.reasons]
    return told, refused


def check(data: Sequence[bytes], scope: Scope, decode: Decoder, names: Names) -> int:
    """Hold a read against the reference; how many rows were laid out."""
    block = decode(Entries([f"{WRITTEN}-{place}".encode() for place in range(len(data))], data), names)
    told, refused = by_reference(data, scope)
    assert sorted(laid_out(block, names)) == sorted(told)
    assert [entry for entry, _, _ in laid_out(block, names)] == [entry for entry, _, _ in told]
    assert block.refused == refused
    return len(block.rows)


@pytest.mark.parametrize("scope", SCOPES, ids=["symbols", "any"])
@SOME
@given(rows=ROWS)
def test_arbitrary_rows_are_what_the_reference_says(scope: Scope, rows: Rows) -> None:
    decode, names = Decoder(scope, KNOWN), Names()
    data = [*encode_batches(rows), *(encode(row) for row in rows), encode(tick(60_000_000))]
    check(data, scope, decode, names)
    check(data, scope, decode, names)  # now every name that counts is known


@pytest.mark.parametrize("scope", SCOPES, ids=["symbols", "any"])
def test_an_entry_that_comes_alone_is_what_the_reference_says(scope: Scope) -> None:
    chance, decode, names = random.Random(4), Decoder(scope, KNOWN), Names()
    rows = [row for each in BATCHES.values() for row in each]
    for source in [*encode_batches(rows), *(encode(row) for row in rows), encode(tick(60_000_000))]:
        for _ in range(40):
            check([mutated(chance, source)], scope, decode, names)


@pytest.mark.parametrize("scope", SCOPES, ids=["symbols", "any"])
def test_mutants_of_good_entries_are_what_the_reference_says(scope: Scope) -> None:
    chance, decode, names = random.Random(3), Decoder(scope, KNOWN), Names()
    rows = [row for each in BATCHES.values() for row in each]
    sources = [*encode_batches(rows), *(encode(row) for row in rows)]
    laid = check(sources, scope, decode, names)
    for _ in range(150):
        laid += check([mutated(chance, chance.choice(sources)) for _ in range(40)], scope, decode, names)
    assert laid > 1000


def test_mutants_of_every_kind_are_refused_as_by_the_reference() -> None:
    decode, names, damaged = Decoder(Scope(), KNOWN), Names(), mutants(4000, 5)
    while page := list(islice(damaged, 500)):
        check(page, Scope(), decode, names)


def test_what_is_cut_short_or_nested_too_deep_is_refused_without_the_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decode = Decoder(Scope(), KNOWN)
    monkeypatch.setattr("clm.store.decoder.admit", None)
    sound = encode(tick(60_000_000))
    data = [sound[:-1], sound + b"\0", b"", b"\x81\xa1a" * 10 + b"\0", b"\x91" * 3000, b"\xdf" + b"\xff" * 4]
    assert list(decode(entries(data), Names()).refused) == list(range(6))


def mutated(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(0, 2)):
        changed[chance.randrange(len(changed))] = chance.choice(
            [0, 1, 0x7F, 0x80, 0xC0, 0xFF, chance.randrange(256)]
        )
    return bytes(changed[: len(data) - chance.choice([0, 0, 0, 0, 1])] + bytes(chance.choice([0, 0, 0, 1])))


def test_known_names_are_read_without_the_reference() -> None:
    decode, names = Decoder(Scope(), KNOWN), Names()
    rows: Rows = [
        Prediction(
            p="t", n=n, at=n, model_type="nhits", version="v1", symbol="A", horizon=1, value=1.5, naive=0.1
        )
        for n in range(500)
    ]
    decode(entries(encode_batches(rows)), names)
    later = [replace(row, n=row.n + 500) for row in rows]
    block = decode(entries([*encode_batches(later), *map(encode, later)]), names)
    assert (len(block.rows), block.singles, block.numbers) == (1000, [], {})


def entries(data: Sequence[bytes]) -> Entries:
    return Entries([b"9000-0"] * len(data), data)


def test_a_table_of_keys_that_was_seen_before_means_what_it_says_to_each_fold() -> None:
    decode, names, others = Decoder(Scope(), KNOWN), Names(), Names()
    tables = [encode_batches(predictions(symbols)) for symbols in ("AB", "BA", "ABC", "AC")]
    for data in (*tables, *tables):
        check(data, Scope(), decode, names)
    check(tables[3], Scope(), decode, others)
    for data in tables:
        check(data, Scope(), decode, others)


def predictions(symbols: str) -> Rows:
    return [
        Prediction(
            p="t", n=n, at=n, model_type="nhits", version="v", symbol=symbol, horizon=1, value=1.5, naive=0.1
        )
        for n, symbol in enumerate(symbols * 200)
    ]
