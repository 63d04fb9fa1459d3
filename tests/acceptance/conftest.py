"""One loop is played for all: its processes stay up, so that each test looks at what it left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.crew import Crew
from tests.acceptance.player import Player
from tests.acceptance.site import Site


@dataclass(frozen=True)
class Finished:
    """A tape played to its end by the paper trader, with the processes still up."""

    site: Site
    crew: Crew
    player: Player


@pytest.fixture(scope="session")
def finished(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    # Nobody dies here: a job that a busy machine takes a second to begin must not be taken for lost and
    # queued again behind the other model's, or their verdicts change places.
    site = Site(tmp_path_factory.mktemp("loop"), server_url, run_lease_s=60.0)
    with Crew(site) as crew, Player(crew) as player:
        player.play()
        yield Finished(site, crew, player)


@pytest.fixture
def site(server_url: str, tmp_path: Path) -> Site:
    """A site of the test's own."""
    return Site(tmp_path, server_url)
