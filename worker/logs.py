"""Logs: one JSON object a line on stderr, or columns for a person at a terminal.

``scope``, ``role``, ``model_type`` and ``run`` come from structlog's context variables, so that every
line of a process or of a job carries them.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def configure(level: str = "info", json: bool | None = None) -> None:
    """Send the logs of this process, the libraries' included, to stderr.

    Parameters:
        level: debug, info, warning or error.
        json: None: unless stderr is a terminal.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,  # a logger made at import must not keep an older set-up
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(shared, sys.stderr.isatty() if json is None else not json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[level])


def _formatter(shared: list[Any], console: bool) -> logging.Formatter:
    """For our own entries and, through ``foreign_pre_chain``, for those of uvicorn, rq and the like.

    Tracebacks leave out local variables: a token or a password may be among them.
    """
    if console:
        plain = structlog.dev.plain_traceback
        ends: list[Any] = [structlog.dev.ConsoleRenderer(exception_formatter=plain)]
    else:
        as_dict = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        traceback = structlog.processors.ExceptionRenderer(as_dict)
        ends = [traceback, structlog.processors.JSONRenderer(default=str)]
    drop = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[drop, *ends])
