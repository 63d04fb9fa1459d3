"""A regime changes when the votes of the bars have settled, however often the signal is published."""

from __future__ import annotations

import msgpack

from clm.decisions.settled_regimes import SettledRegimes

BAR = 10


def held(*signals: tuple[int, str], until: int) -> SettledRegimes:
    """Signals at a bar each, and a tick and a forecast in every bar."""
    regimes, told = SettledRegimes(BAR), dict(signals)
    for bar in range(until + 1):
        if bar in told:
            regimes.observe(bar * BAR, told[bar])
        regimes.passed(bar * BAR + 1, bar + 1)
    return regimes


def test_a_signal_that_is_published_once_votes_bar_by_bar_while_it_holds() -> None:
    once, often = held((0, "calm"), (100, "wild"), until=300), SettledRegimes(BAR)
    for bar in range(301):
        often.observe(bar * BAR, "calm" if bar < 100 else "wild")
    assert often.changes == [[0, "calm"], [176 * BAR, "wild"]]  # 77 votes: 1 - 2 (77/78)^77 > 0.25
    assert once.changes == [[0, "calm"], [176 * BAR + 1, "wild"]]
    assert once.shares == often.shares


def test_a_bar_votes_once_however_often_it_is_looked_at() -> None:
    regimes = held((0, "calm"), (100, "wild"), until=100)
    before = regimes.shares
    for at in range(100 * BAR, 101 * BAR):
        regimes.passed(at, 1000 + at)
        regimes.observe(at, "calm")
    assert regimes.shares == before


def test_bars_in_which_nothing_is_forecast_say_nothing() -> None:
    regimes = held((0, "calm"), (100, "wild"), until=100)
    before = regimes.shares
    assert not any(regimes.passed(at, 101) for at in range(101 * BAR, 400 * BAR))  # a night
    assert regimes.shares == before
    regimes.passed(400 * BAR, 102)
    assert regimes.shares != before


def test_a_burst_changes_nothing() -> None:
    regimes = held((0, "calm"), (200, "wild"), (212, "calm"), until=500)
    assert [change[1] for change in regimes.changes] == ["calm"]


def test_half_the_confidence_takes_about_twice_as_long() -> None:
    sure, unsure = held((0, "calm"), until=99), held((0, "calm"), until=99)
    for regimes, confidence in ((sure, 1.0), (unsure, 0.5)):
        for bar in range(100, 300):
            regimes.observe(bar * BAR, "wild", confidence)
    assert [each.changes[1][0] // BAR for each in (sure, unsure)] == [176, 252]  # 77 votes, and 153


def test_a_signal_that_comes_late_says_nothing() -> None:
    regimes = held((0, "calm"), (100, "calm"), until=100)
    before = regimes.state()
    assert not regimes.observe(99 * BAR, "wild")
    assert regimes.state() == before


def test_time_before_the_first_signal_has_no_vote() -> None:
    regimes = SettledRegimes(BAR)
    assert not regimes.passed(10**9, 5)
    assert (regimes.current, regimes.shares) == (None, {})
    assert regimes.observe(10**9, "calm")


def test_the_newest_signal_is_told_before_it_has_settled() -> None:
    regimes = SettledRegimes(BAR)
    assert (regimes.signal, regimes.state()["signal"]) == (None, ["", 1.0, -1, 0])
    regimes.observe(0, "calm")
    assert (regimes.signal, regimes.state()["signal"]) == ("calm", ["calm", 1.0, 0, 0])
    regimes.observe(3 * BAR, "wild", 0.75)
    regimes.passed(4 * BAR, 2)
    assert (regimes.signal, regimes.current) == ("wild", "calm")
    assert regimes.state()["signal"] == ["wild", 0.75, 4, 2]


def test_it_goes_on_from_a_saved_state() -> None:
    whole, parts = SettledRegimes(BAR), SettledRegimes(BAR)
    for bar in range(300):
        label = "calm" if bar < 100 or bar % 9 == 0 else "wild"
        for regimes in (whole, parts):
            if bar % 3 == 0:
                regimes.observe(bar * BAR, label, 0.75)
            regimes.passed(bar * BAR + 1, bar)
        saved, parts = msgpack.packb(parts.state()), SettledRegimes(BAR)
        parts.restore(msgpack.unpackb(saved))
    assert whole.state() == parts.state()
