"""Each event counts once, whatever the delivery, and only those that tell the time move the clock."""

from __future__ import annotations

import msgpack
import pytest

from clm.decisions.intake import MAX_PRODUCERS, Intake
from clm.decisions.layout import LATE
from clm.decisions.names import Names
from clm.events import SECOND, Event, Regime, tick
from tests.unit.decisions.stream import Tape

MINUTE = 60 * SECOND


def numbered(n: int, p: str = "t", at: int = 0) -> Event:
    return Regime(p=p, n=n, at=at, regime="calm")


def accepted(intake: Intake, numbers: list[int]) -> list[bool]:
    return [intake.accept(numbered(n)) for n in numbers]


@pytest.mark.parametrize(
    ("numbers", "new", "duplicates", "gaps"),
    [
        ([0, 1, 2], [True, True, True], 0, 0),
        ([0, 0, 1, 1, 0], [True, False, True, False, False], 3, 0),
        ([0, 2, 1, 3], [True, True, True, True], 0, 0),  # reordered: the gap closes
        ([0, 2, 1, 1], [True, True, True, False], 1, 0),  # a late number counts once
        ([0, 5], [True, True], 0, 4),  # 1 2 3 4 are missing
        ([0, 5, 3], [True, True, True], 0, 3),
        ([7, 8], [True, True], 0, 0),  # a stream may be read from its middle
        ([1, 0, 0], [True, True, False], 1, 0),  # the first two came reordered
        ([7, 5, 9, 5, 6], [True, True, True, False, True], 1, 1),  # below 7 is no gap, 8 is
    ],
)
def test_each_number_of_a_producer_counts_once(
    numbers: list[int], new: list[bool], duplicates: int, gaps: int
) -> None:
    intake = Intake(Names())
    assert accepted(intake, numbers) == new
    assert (intake.duplicates, intake.gaps) == (duplicates, gaps)


def test_producers_number_their_events_independently() -> None:
    intake = Intake(Names())
    assert intake.accept(numbered(0, "a"))
    assert intake.accept(numbered(0, "b"))


def test_ticks_of_one_minute_are_one_event_and_skipped_minutes_are_no_gap() -> None:
    intake = Intake(Names())
    ticks = [tick(MINUTE), tick(MINUTE + 59 * SECOND), tick(5 * MINUTE), tick(2 * MINUTE)]
    assert [intake.accept(each) for each in ticks] == [True, False, True, False]
    assert (intake.clock, intake.gaps) == (5 * MINUTE, 0)


def test_the_clock_is_the_largest_time_and_never_goes_back() -> None:
    intake, tape = Intake(Names()), Tape()
    clocks = []
    for at in (50, 20, 70):
        intake.accept(tape.regime(at, "calm"))
        clocks.append(intake.clock)
    assert clocks == [50, 50, 70]


def test_commands_runs_verdicts_and_moves_do_not_tell_the_time() -> None:
    intake, tape = Intake(Names()), Tape()
    for event in (tape.candidate("v1", as_of=99), tape.retrain(), tape.verdict("v1"), tape.moved("v1")):
        assert intake.accept(event)
    assert intake.clock == 0


def test_a_prediction_an_outcome_and_a_regime_tell_the_time() -> None:
    intake, tape = Intake(Names()), Tape()
    made = tape.predict(10)
    clocks = []
    for event in (made, tape.outcome(made, 20, 1.0), tape.regime(30, "calm"), tick(40)):
        intake.accept(event)
        clocks.append(intake.clock)
    assert clocks == [10, 20, 30, 40]


def test_a_duplicate_does_not_move_the_clock() -> None:
    intake = Intake(Names())
    intake.accept(numbered(0, at=10))
    intake.accept(numbered(0, at=99))
    assert intake.clock == 10


def test_numbers_too_far_back_are_given_up_and_stay_counted() -> None:
    intake = Intake(Names())
    accepted(intake, [0, LATE + 10])  # 1 .. LATE + 9 are missing, those of the newest LATE may still come
    assert (intake.lost, intake.gaps) == (10, LATE + 9)
    assert accepted(intake, [10, 11]) == [False, True]


def test_numbers_before_the_first_seen_are_taken_within_a_window() -> None:
    first = LATE + 5
    assert accepted(Intake(Names()), [first, 6, 5]) == [True, True, False]  # first - LATE is 5


def test_a_producer_silent_while_too_many_others_spoke_is_forgotten_and_its_gaps_are_lost() -> None:
    intake = Intake(Names())
    accepted(intake, [0, 3])  # 1 and 2 are missing
    for number in range(MAX_PRODUCERS):
        intake.accept(numbered(0, f"run:{number}"))
    assert (intake.lost, intake.gaps) == (2, 2)
    assert len(intake.state()["producers"]) == MAX_PRODUCERS
    assert accepted(intake, [3]) == [True]  # it counts as new


def test_a_producer_that_keeps_speaking_is_remembered() -> None:
    intake = Intake(Names())
    for number in range(MAX_PRODUCERS + 5):
        intake.accept(numbered(number // 2))
        intake.accept(numbered(0, f"run:{number}"))
    assert accepted(intake, [0]) == [False]


def test_a_second_hole_pushes_out_the_oldest_missing_numbers() -> None:
    intake = Intake(Names())
    accepted(intake, [0, LATE - 1, LATE + 2])  # the window has moved past 1 and 2
    assert intake.lost == 2
    assert accepted(intake, [2, 3]) == [False, True]


def test_a_restored_intake_still_knows_what_it_saw() -> None:
    intake, again = Intake(Names()), Intake(Names())
    accepted(intake, [1, 4, 4, 0])
    again.restore(msgpack.unpackb(msgpack.packb(intake.state())))
    assert again.state() == intake.state()
    assert accepted(again, [0, 4, 2, 2, 5]) == [False, False, True, False, True]
