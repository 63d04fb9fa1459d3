"""A bundle that would end the process that loads it ends the probe instead."""

from __future__ import annotations

import pytest

from clm.errors import CorruptArtifact
from producers import probe as prober
from producers.probe import probe
from tests.unit.producers.shelf import constant


def test_a_good_bundle_passes() -> None:
    probe(constant(1.0))


def test_what_is_no_bundle_is_refused_in_the_words_of_the_loader() -> None:
    with pytest.raises(CorruptArtifact, match="not a readable bundle"):
        probe(b"no bundle")


def test_a_crash_of_the_probe_is_told_with_its_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"]
    monkeypatch.setattr(prober, "PROGRAM", words)
    with pytest.raises(CorruptArtifact, match=r"ends its loader \(signal 11\)"):
        probe(b"")


def test_a_probe_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prober, "PROGRAM", ["-c", "import time; time.sleep(60)"])
    monkeypatch.setattr(prober, "PATIENCE_S", 0.2)
    with pytest.raises(CorruptArtifact, match="hangs its loader"):
        probe(b"")
