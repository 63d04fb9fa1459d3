"""Whatever is done to a registry on a real server, it answers as the model does; mistakes are found."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from clm.store.redis_keyspace import connect
from tests.rollout.machine import RegistryMachine
from tests.rollout.planted import MISTAKES

pytestmark = pytest.mark.server

SHORT = settings(
    max_examples=40,
    stateful_step_count=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],  # a counterexample is enough; making it small takes minutes on a server
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def machine(server_url: str) -> type[RegistryMachine]:
    return type("Machine", (RegistryMachine,), {"space": connect(server_url)})


def test_a_registry_does_what_the_model_says(machine: type[RegistryMachine]) -> None:
    run_state_machine_as_test(machine, settings=SHORT)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_found(machine: type[RegistryMachine], mistake: str) -> None:
    with MISTAKES[mistake](), pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=settings(SHORT, max_examples=600))
