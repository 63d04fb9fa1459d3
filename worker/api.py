"""The HTTP interface: the specification's routes under ``/api/clm``, ``/healthz`` and ``/metrics``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from clm.decisions import watch
from clm.errors import (
    ClmError,
    IllegalMove,
    StaleEpoch,
    Unexplained,
    UnknownRun,
    UnknownVersion,
    UnreachableServer,
)
from clm.model import ModelType
from clm.records import canonical
from clm.steps import status
from clm.steps.cycles import ENDED, CycleState, cycle_state
from producers import Operator
from producers.orders import ORDERS
from worker import health
from worker.http_guard import RETRAIN_PAUSE_S, RateLimit, Token
from worker.journal import WHOLE, Journal
from worker.metrics import exposition
from worker.services import Services
from worker.tenures import live, moment_told

ALL_RUNS = 1_000_000
POLL_S = 0.2
"""Between two looks at a run that somebody waits for."""

STATUS_OF: dict[type[ClmError], int] = {
    UnreachableServer: 503,
    UnknownRun: 404,
    UnknownVersion: 404,
    Unexplained: 404,
    IllegalMove: 409,
    StaleEpoch: 409,
}
"""Error -> HTTP status; every other one of ours is the caller's doing (400)."""

Limit = Annotated[int, Query(ge=1, le=WHOLE)]
Since = Annotated[int, Query(ge=0)]  # event time, µs
Level = Annotated[float, Query(gt=0, lt=1)]  # probability
Wait = Annotated[float, Query(ge=0, le=300)]  # seconds


class Reason(BaseModel):
    """Why an operator does something."""

    model_config = ConfigDict(extra="forbid")
    reason: str = ""


class Retrain(Reason):
    """What to retrain; without models all of the policy."""

    models: list[str] | None = None


class Promote(Reason):
    """What to make active."""

    version: str


class Change(Reason):
    """What to change of a route; which of these an order needs is its own."""

    version: str | None = None
    share: float | None = None  # fraction of keys
    number: int | None = None


class CanonicalResponse(JSONResponse):
    """JSON in which NaN is null, as in the records."""

    def render(self, content: Any) -> bytes:
        return canonical(content)


class Api:
    """The routes of one scope."""

    def __init__(self, services: Services, limit: RateLimit) -> None:
        self._services, self._limit = services, limit
        self._journal = Journal(services.decisions)
        self._operator = Operator(log=services.events, registry=services.registry, actor="http")
        self._metrics = exposition(services)

    async def retrain(self, response: Response, order: Retrain | None = None, wait: Wait = 0.0) -> Any:
        """Ask for a retrain; 202 with the run at once, 200 if it ended within ``wait`` seconds."""
        order = order or Retrain()
        models = list(dict.fromkeys(order.models or self._services.names))
        if strangers := [name for name in models if name not in self._services.names]:
            known = ", ".join(self._services.names)
            raise HTTPException(400, f"model types {', '.join(strangers)} are not trained here; use {known}")
        self._limit.take(models)
        run = await run_in_threadpool(self._operator.retrain, models, order.reason)
        state = await self._ended(run, models, wait)
        response.status_code = 200 if state.state == ENDED else 202
        response.headers["Location"] = f"/api/clm/runs/{run}"
        return {**state.facts(), "models": models}

    def run(self, run: str) -> Any:
        """The state of a run, with ``promoted``, ``failed`` and ``duration`` when it has ended."""
        newest, cursors = self._services.events.last_id(), self._services.progress.cursors()
        state = self._state(run)
        folded = health.lag_s(cursors.get(watch.ROLE), newest) == 0
        if not state.models and folded:
            raise UnknownRun(f"there is no run {run!r}: it never was, or its command is in the quarantine")
        facts, told = state.facts(), self._services.runs.told()
        for each in facts["by_model"].values():
            each["progress"] = told.get(each["run"])
        return facts

    def status(self) -> Any:
        """What is active, in the specification's shape, with what else each route says."""
        registry, models = self._services.registry, self._services.policy.models
        summary = status.summary(registry, models)
        training = {
            each["model_type"]: {"run": run, **each} for run, each in self._services.runs.told().items()
        }
        return {
            each.value: summary[each.value]
            | status.closed(registry.route(each))
            | {"training": training.get(each.value)}
            for each in models
        }

    def triggers(self) -> Any:
        """Which retrains would be due now."""
        due = self._services.triggers()
        return {each.value: trigger.value if trigger else None for each, trigger in due.items()}

    def decisions(self, limit: Limit = 20) -> Any:
        """The newest decisions of all roles, oldest first."""
        return [each.record() for each in self._journal.newest(limit)]

    def history(self, model: str, at: str | None = None) -> Any:
        """What was live at a moment of event time, by whom and why; without one, what is."""
        when = None if at is None else moment_told("at", at)
        return live(self._journal.whole(), self._known(model).value, when).facts()

    def ab(self, model: str, first: str, second: str, since: Since = 0, level: Level = 0.05) -> Any:
        """By how much the second version differs from the first on the same events, with its interval."""
        return self._services.compare(self._known(model), (first, second), since, level)

    def explanation(self, model: str, version: str | None = None) -> Any:
        """What a version's forecasts rest on, as it was found at its training; without one the active's."""
        return self._services.explain(self._known(model), version)

    def explanation_picture(self, model: str, version: str | None = None) -> Response:
        """The same as SVG."""
        found = self._services.explain(self._known(model), version)
        return Response(self._services.draw(found), media_type="image/svg+xml")

    def promote(self, model: str, order: Promote) -> Any:
        """Make a version active, by hand; the registry's decision."""
        return self._operator.promote(self._known(model), order.version, order.reason).record()

    def rollback(self, model: str, order: Reason | None = None) -> Any:
        """Return to the version that was live before; the registry's decision."""
        return self._operator.rollback(self._known(model), order.reason if order else "").record()

    def change(self, model: str, name: str, order: Change | None = None) -> Any:
        """Any other change of a route, by the name of its command; the registry's decision."""
        given = (order or Change()).model_dump(exclude_none=True)
        return self._operator.change(self._known(model), ORDERS[name].kind, **given).record()

    def healthz(self) -> Response:
        """200, or 503 with every complaint."""
        found = health.complaints(self._services, time.time())
        return CanonicalResponse({"ok": not found, "reasons": found}, 503 if found else 200)

    def metrics(self) -> Response:
        """Prometheus text."""
        return Response(self._metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    def _known(self, model: str) -> ModelType:
        if model not in self._services.names:
            known = ", ".join(self._services.names)
            raise HTTPException(404, f"model type {model} is not trained here; use {known}")
        return ModelType(model)

    def _state(self, run: str, models: Collection[str] = ()) -> CycleState:
        runs = self._services.runs.list(ALL_RUNS)
        return cycle_state(run, self._journal.chain(), runs, models)

    async def _ended(self, run: str, models: Collection[str], wait: float) -> CycleState:
        until = time.monotonic() + wait
        while True:
            state = await run_in_threadpool(self._state, run, models)
            if state.state == ENDED or time.monotonic() >= until:
                return state
            await asyncio.sleep(POLL_S)


def create_app(services: Services, *, token: str | None = None, rate_limited: bool | None = None) -> FastAPI:
    """The application over a scope's ports.

    Parameters:
        token: what ``/api/clm`` asks for; None: nothing.
        rate_limited: one retrain a minute and model type; None: when there is a token.
    """
    limited = token is not None if rate_limited is None else rate_limited
    api = Api(services, RateLimit(RETRAIN_PAUSE_S if limited else 0.0))
    app = FastAPI(title="CLM", docs_url=None, redoc_url=None, default_response_class=CanonicalResponse)
    app.add_exception_handler(ClmError, _refusal)
    app.add_api_route("/healthz", api.healthz, response_model=None)
    app.add_api_route("/metrics", api.metrics, response_model=None)
    app.include_router(_router(api, token))
    return app


def _router(api: Api, token: str | None) -> APIRouter:
    router = APIRouter(prefix="/api/clm", dependencies=[Depends(Token(token))])
    for path, route in (
        ("/runs/{run}", api.run),
        ("/status", api.status),
        ("/triggers", api.triggers),
        ("/decisions", api.decisions),
        ("/models/{model}/history", api.history),
        ("/models/{model}/ab", api.ab),
        ("/models/{model}/explanation", api.explanation),
        ("/models/{model}/explanation.svg", api.explanation_picture),
    ):
        router.add_api_route(path, route, response_model=None)
    router.add_api_route("/retrain", api.retrain, methods=["POST"], status_code=202, response_model=None)
    for name in ORDERS:
        change = _named(api, name)
        router.add_api_route(f"/models/{{model}}/{name}", change, methods=["POST"], response_model=None)
    for path, order in (("/models/{model}/promote", api.promote), ("/models/{model}/rollback", api.rollback)):
        router.add_api_route(path, order, methods=["POST"], response_model=None)
    return router


def _named(api: Api, name: str) -> Callable[..., Any]:
    def change(model: str, order: Change | None = None) -> Any:
        return api.change(model, name, order)

    return change


async def _refusal(_: Request, error: Exception) -> Response:
    code = next((code for kind, code in STATUS_OF.items() if isinstance(error, kind)), 400)
    return CanonicalResponse({"detail": str(error)}, code)
