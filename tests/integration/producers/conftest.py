"""A server of a test's own, that it may stop, kill and fill."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs import server_in


class PrivateServer:
    """An embedded server under a test's control."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._embedded = server_in(directory)
        self.url = self._embedded.start()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server's process."""
        os.kill(int((self._directory / "valkey.pid").read_text()), number)

    def kill(self) -> None:
        """End it as a crash does."""
        self.signal(signal.SIGKILL)
        self._embedded.stop()

    def restart(self) -> None:
        """Start it again at the same place, on the same data."""
        self._embedded = server_in(self._directory)
        assert self._embedded.start() == self.url

    def stop(self) -> None:
        """End it as its owner does."""
        self._embedded.stop()


@pytest.fixture
def private_server(tmp_path: Path) -> Iterator[PrivateServer]:
    server = PrivateServer(tmp_path / "server")
    yield server
    server.stop()
