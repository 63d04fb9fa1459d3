"""A world without a server, and a client that talks to its HTTP interface."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.integration.api.world import World
from worker.api import create_app


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def client(world: World) -> TestClient:
    return TestClient(create_app(world.services))
