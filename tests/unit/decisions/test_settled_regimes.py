"""A regime changes when the votes of the bars have settled, however often the signal is published."""

from __future__ import annotations

import msgpack

from clm.decisions.settled_regimes import SettledRegimes

BAR = 10


def held(*signals: tuple[int, str], until: int) -> SettledRegimes:
    """Signals at a bar each, and the bars going on."""
    regimes = SettledRegimes(BAR)
    for bar, label in signals:
        regimes.observe(bar * BAR, label)
    regimes.passed(until * BAR)
    return regimes


def test_a_signal_that_is_published_once_votes_bar_by_bar_while_it_holds() -> None:
    once = held((0, "calm"), (100, "wild"), until=300)
    often = SettledRegimes(BAR)
    for bar in range(301):
        often.observe(bar * BAR, "calm" if bar < 100 else "wild")
    assert [change[1] for change in once.changes] == ["calm", "wild"]
    assert often.changes == [[0, "calm"], [181 * BAR, "wild"]]  # 82 votes: 1 - 2 (77/78)^82 > 0.3
    assert once.current == often.current


def test_a_bar_votes_once_however_often_it_is_looked_at() -> None:
    regimes = held((0, "calm"), (100, "wild"), until=100)
    for at in range(100 * BAR, 101 * BAR):
        assert not regimes.passed(at)
        assert not regimes.observe(at, "wild")
    assert regimes.shares == held((0, "calm"), (100, "wild"), until=100).shares


def test_a_burst_changes_nothing() -> None:
    regimes = held((0, "calm"), (200, "wild"), (212, "calm"), until=500)
    assert [change[1] for change in regimes.changes] == ["calm"]


def test_half_the_confidence_takes_about_twice_as_long() -> None:
    sure, unsure = SettledRegimes(BAR), SettledRegimes(BAR)
    for regimes, confidence in ((sure, 1.0), (unsure, 0.5)):
        regimes.observe(0, "calm")
        regimes.observe(100 * BAR, "wild", confidence)
    first = [next(bar for bar in range(100, 400) if each.passed(bar * BAR)) for each in (sure, unsure)]
    assert first == [181, 263]  # 82 votes, and 164


def test_a_signal_that_comes_late_says_nothing() -> None:
    regimes = held((0, "calm"), (100, "calm"), until=100)
    before = regimes.state()
    assert not regimes.observe(99 * BAR, "wild")
    assert regimes.state() == before


def test_time_before_the_first_signal_has_no_vote() -> None:
    regimes = SettledRegimes(BAR)
    assert not regimes.passed(10**9)
    assert (regimes.current, regimes.shares) == (None, {})
    assert regimes.observe(10**9, "calm")


def test_a_long_silence_is_voted_in_bounded_time() -> None:
    regimes = held((0, "calm"), (10, "wild"), until=10**12)
    assert regimes.current == "wild"
    assert regimes.shares["calm"] < 1e-5


def test_it_goes_on_from_a_saved_state() -> None:
    whole, parts = SettledRegimes(BAR), SettledRegimes(BAR)
    for bar in range(300):
        label = "calm" if bar < 100 or bar % 9 == 0 else "wild"
        parts.restore(msgpack.unpackb(msgpack.packb(parts.state()))) if bar else None
        assert whole.observe(bar * BAR, label, 0.75) == parts.observe(bar * BAR, label, 0.75)
    assert whole.state() == parts.state()
