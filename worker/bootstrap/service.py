"""The HTTP service of a stage."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from clm.errors import MissingLibrary
from clm.store.admission import time_told
from worker.bootstrap.comparing import compared
from worker.bootstrap.explaining import drawn, explained
from worker.bootstrap.hindsight import due, losses
from worker.bootstrap.roles import admission
from worker.settings import Settings
from worker.stage import Stage

if TYPE_CHECKING:
    from fastapi import FastAPI


def app(settings: Settings, stage: Stage) -> FastAPI:
    """The HTTP service of a stage. Raises MissingLibrary without the extra ``http``."""
    try:
        from worker.api import create_app
    except ImportError as error:
        remedy = "pip install 'continuous-learning-manager[http]'"
        raise MissingLibrary(f"the HTTP service cannot be imported ({error}): {remedy}") from error
    from worker.event_clock import EventClock
    from worker.services import Services

    policy = settings.policy()
    services = Services(
        scope=stage.scope,
        policy=policy,
        events=stage.events,
        decisions=stage.decisions,
        registry=stage.registry,
        runs=stage.runs,
        progress=stage.progress,
        trimming=stage.trimming,
        limits=settings.limits,
        triggers=partial(due, stage, policy),
        losses=partial(losses, stage),
        compare=partial(compared, stage, policy),
        explain=partial(explained, stage),
        draw=drawn,
        clock=EventClock(stage.events, admission(stage, policy), time_told),
    )
    return create_app(services, token=settings.http_token, rate_limited=settings.http_rate_limit)
