"""Whatever rows a trader has, a batch of them is exactly those rows; whatever bytes arrive, none do harm."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from clm.errors import MalformedEvent
from clm.events import Outcome, Prediction
from clm.ports import Entry
from clm.scope import Scope
from clm.store.admission import admit, decode_entry, time_told
from clm.store.batch import decode_batch, encode_batches
from clm.store.codec import encode
from tests.unit.store.test_golden import BATCHES

Rows = list[Prediction | Outcome]

TEXTS = st.text(max_size=12) | st.sampled_from(["nhits", "v1", "AAPL"])
NUMBERS = st.integers(0, 2**62 - 1) | st.integers(0, 300)
TIMES = st.integers(1 - 2**62, 2**62 - 1) | st.integers(0, 3)
VALUES = st.floats(allow_nan=False) | st.floats(width=32, allow_nan=False)
ROWS: st.SearchStrategy[Rows] = st.lists(
    st.builds(
        Prediction, p=TEXTS, n=NUMBERS, at=TIMES, model_type=TEXTS, version=TEXTS, symbol=TEXTS,
        horizon=NUMBERS, value=VALUES, naive=VALUES,
    )
    | st.builds(Outcome, p=TEXTS, n=NUMBERS, at=TIMES, of=st.tuples(TEXTS, NUMBERS), value=VALUES),
    max_size=40,
)  # fmt: skip


@given(ROWS)
def test_any_rows_come_back_bit_for_bit(rows: Rows) -> None:
    back = [event for data in encode_batches(rows) for event in decode_batch(data)]
    assert repr(back) == repr(rows)  # unlike ==, it tells -0.0 from 0.0


@given(ROWS)
def test_rows_of_one_producer_in_order_take_one_entry(rows: Rows) -> None:
    numbered: Rows = [replace(row, p="t", n=n) for n, row in enumerate(rows)]
    assert len(encode_batches(numbered)) == min(1, len(rows))


@given(ROWS)
def test_what_counts_of_a_batch_is_what_counts_of_single_entries(rows: Rows) -> None:
    scope, known = Scope(symbols=("AAPL",)), frozenset({"nhits"})
    counted = [
        [event for data in entries for _, event in admit(Entry("4000-0", data), scope, known).rows]
        for entries in (encode_batches(rows), [encode(row) for row in rows])
    ]
    assert repr(counted[0]) == repr(counted[1])


def test_twenty_thousand_mutants_of_batches_are_events_or_malformed_and_nothing_else() -> None:
    chance, refused = random.Random(7), 0
    sources = [data for rows in BATCHES.values() for data in encode_batches(rows)]
    for _ in range(20_000):
        data = bytearray(chance.choice(sources))
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        entry = Entry("9000-0", bytes(data[: chance.randint(len(data) - 5, len(data) + 5)]))
        try:
            assert decode_entry(entry.data)
        except MalformedEvent:
            refused += 1
        assert time_told(entry) <= 14_000_000
    assert 5_000 < refused < 20_000
