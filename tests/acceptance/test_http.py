"""``clm api`` serves what the real processes left: the seed's routes, health and metrics."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import Finished
from tests.acceptance.crew import Crew

SEED_METRICS = (
    "clm_retrains_total",
    "clm_promotions_total",
    "clm_failures_total",
    "clm_training_duration_seconds_bucket",
    "clm_active_model_age_days",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def body(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def answers(url: str) -> bool:
    try:
        return bool(body(url))
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def api(finished: Finished) -> Iterator[str]:
    """The address of the HTTP process of the finished loop."""
    port = free_port()
    with Crew(finished.site, ()) as crew:
        crew.start("api", "--port", str(port))
        finished.player.until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), "the HTTP service")
        yield f"http://127.0.0.1:{port}"


def test_status_over_http_is_that_of_the_registry(api: str, finished: Finished) -> None:
    told = json.loads(body(f"{api}/api/clm/status"))
    active = {each.model_type: each.version for each in finished.player.decisions("registry")}
    assert {name: info["active_version"] for name, info in told.items()} == active


def test_health_is_good_while_every_role_keeps_up(api: str) -> None:
    assert json.loads(body(f"{api}/healthz")) == {"ok": True, "reasons": []}


def test_metrics_have_the_seeds_names_with_the_loops_numbers(api: str, finished: Finished) -> None:
    text = body(f"{api}/metrics")
    assert [name for name in SEED_METRICS if name not in text] == []
    rows = [line for line in text.splitlines() if line.startswith("clm_promotions_total{")]
    assert sum(float(row.rpartition(" ")[2]) for row in rows) == len(finished.player.decisions("registry"))
