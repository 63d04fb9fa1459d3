"""What was acknowledged is kept until a later answer proves that the server has written it."""

from __future__ import annotations

from producers.parcels import Parcel
from producers.recent import MOST_BYTES, Recent

A, B, C = Parcel(b"a"), Parcel(b"b"), Parcel(b"c")


class Clock:
    """A clock that a test sets, seconds."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def at(clock: Clock, now: float, recent: Recent, *parcels: Parcel) -> None:
    """Some parcels are sent and at once acknowledged."""
    clock.now = now
    recent.acknowledged(parcels, recent.now())


def test_what_the_server_outlived_by_three_seconds_is_forgotten() -> None:
    clock = Clock()
    recent = Recent(clock)
    at(clock, 0.0, recent, A)
    at(clock, 3.0, recent, B)
    assert recent.parcels == [A, B]
    at(clock, 3.25, recent, C)
    assert recent.parcels == [B, C]


def test_silence_is_no_proof_that_the_server_lived() -> None:
    clock = Clock()
    recent = Recent(clock)
    at(clock, 0.0, recent, A)
    clock.now = 3600.0
    assert recent.parcels == [A]


def test_an_answer_to_what_was_sent_too_early_proves_nothing() -> None:
    clock = Clock()
    recent = Recent(clock)
    at(clock, 0.0, recent, A)
    clock.now = 10.0
    recent.acknowledged([B], sent=2.0)  # the server may have answered at 2.5 and died
    assert recent.parcels == [A, B]


def test_what_was_sent_again_is_as_unsafe_as_new() -> None:
    clock = Clock()
    recent = Recent(clock)
    at(clock, 0.0, recent, A)
    clock.now = 5.0
    recent.again([A, B])
    at(clock, 6.0, recent, C)
    assert recent.parcels == [A, B, C]


def test_the_newest_four_mebibytes_are_kept() -> None:
    recent, half = Recent(Clock()), Parcel(bytes(MOST_BYTES // 2))
    recent.acknowledged([A, half, half], sent=0.0)
    assert recent.parcels == [half, half]
