"""A fault is logged when it begins and when it is over, and kept in between."""

from __future__ import annotations

import logging

import pytest

from producers.faults import Faults


def test_a_fault_that_lasts_is_logged_once_and_keeps_its_newest_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    faults = Faults("publisher")
    for waiting in (1, 2, 3):
        faults.note("server", f"no answer, {waiting} events wait")
    assert faults.messages == {"server": "no answer, 3 events wait"}
    faults.over("server")
    faults.over("server")
    assert caplog.messages == [
        "publisher: server: no answer, 1 events wait",
        "publisher: server: works again",
    ]
    assert faults.messages == {}
