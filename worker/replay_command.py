"""``clm replay FILE``: settings in force, the loop, the schedules beside it, and the report."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clm.errors import ConfigurationError
from clm.records import canonical
from clm.replay.tape import Bar
from worker import bootstrap, screen
from worker.replay import run
from worker.settings import Settings, load

DAILY = 86_400
DAILY_DEFAULTS = {"training_lookback_days": 750, "shadow_test_hours": 1344}
"""On daily bars two weeks are ten events, so lookback and shadow are longer unless they are set."""


def replay(arguments: argparse.Namespace) -> int:
    """Run the command; the report goes to ``--report`` and, as a table, to the screen."""
    if arguments.report and not Path(arguments.report).parent.is_dir():
        raise ConfigurationError(f"--report {arguments.report}: its directory does not exist: make it first")
    path, bar_seconds = arguments.file, bootstrap.bar_seconds(arguments.file)
    settings = _settings(arguments, bar_seconds)
    scope = settings.replay_scope(
        name=arguments.scope or Path(path).stem.lower().replace(".", "-")[:60],
        bar_seconds=bar_seconds,
        target=arguments.target,
        horizon=arguments.horizon,
    )
    screen.settings(settings, scope, out=sys.stderr)
    counter = Counter()
    facts = run(settings, scope, path, counter)
    counter.done()
    if arguments.report:
        Path(arguments.report).write_text(as_json(facts))
    print(as_json(facts) if arguments.json else screen.table(facts))
    return 0


def as_json(facts: Mapping[str, Any]) -> str:
    """The facts as JSON that any reader takes: what is not a number there (no rows, no loss) is null."""
    return json.dumps(json.loads(canonical(facts)), indent=1)


def _settings(arguments: argparse.Namespace, bar_seconds: int) -> Settings:
    given: dict[str, Any] = {"models": arguments.models, "seed": arguments.seed}
    own = {key: value for key, value in given.items() if value is not None}
    defaults = DAILY_DEFAULTS if bar_seconds >= DAILY else {}
    return load(config=arguments.config, scope=None, defaults=defaults, **own)


class Counter:
    """Says on a terminal how far the replay is."""

    def __init__(self) -> None:
        self._bars = 0

    def __call__(self, _bar: Bar) -> None:
        self._bars += 1
        if sys.stderr.isatty() and self._bars % 50 == 0:
            print(f"\r{self._bars} bars", end="", file=sys.stderr, flush=True)

    def done(self) -> None:
        """End the line."""
        if sys.stderr.isatty():
            print(file=sys.stderr)
