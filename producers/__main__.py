"""``python -m producers``: an operator's commands from a machine that has nothing else installed."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from clm.errors import ClmError
from clm.model import BASE_MODELS
from producers.operator import Operator
from producers.orders import ORDERS, take_arguments
from producers.orders import asked as order

Command = Callable[[Operator, argparse.Namespace], str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Exit code 0: done, 1: refused or failed, with a line on stderr; 2: usage."""
    asked = _parser().parse_args(arguments)
    run: Command = asked.run
    try:
        said = run(Operator(asked.url, asked.scope, asked.actor), asked)
    except ClmError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{said}\n")
    return 0


def _retrain(operator: Operator, asked: argparse.Namespace) -> str:
    return operator.retrain(asked.models, asked.reason)


def _promote(operator: Operator, asked: argparse.Namespace) -> str:
    return operator.promote(asked.model, asked.version, asked.reason).id


def _rollback(operator: Operator, asked: argparse.Namespace) -> str:
    return operator.rollback(asked.model, asked.reason).id


def _change(operator: Operator, asked: argparse.Namespace) -> str:
    models = asked.model if isinstance(asked.model, list) else [asked.model]
    wanted = models or [each.value for each in BASE_MODELS]
    made = [operator.change(each, reason=asked.reason, **order(asked)) for each in wanted]
    return "\n".join(each.id for each in made)


def _status(operator: Operator, _: argparse.Namespace) -> str:
    status = {model: asdict(standing) for model, standing in operator.status().items()}
    return json.dumps(status, default=str, indent=2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m producers", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    retrain = _command(commands, "retrain", _retrain, "ask for a retrain; prints the command's id")
    retrain.add_argument("models", nargs="*", metavar="MODEL", help="none: all of the policy")
    promote = _command(commands, "promote", _promote, "make a version active")
    promote.add_argument("model", metavar="MODEL")
    promote.add_argument("version", metavar="VERSION")
    rollback = _command(commands, "rollback", _rollback, "return to the version before")
    rollback.add_argument("model", metavar="MODEL")
    for name, each in ORDERS.items():
        take_arguments(_command(commands, name, _change, each.does), name)
    _command(commands, "status", _status, "what is active, as JSON")
    return parser


def _command(commands: Any, name: str, run: Command, does: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=does)
    parser.set_defaults(run=run)
    url, scope = os.environ.get("CLM_REDIS_URL"), os.environ.get("CLM_SCOPE", "default")
    parser.add_argument("--url", default=url, required=url is None, help="default: CLM_REDIS_URL")
    parser.add_argument("--scope", default=scope, help="default: CLM_SCOPE, else default")
    parser.add_argument("--actor", default=os.environ.get("USER", "operator"), help="who asks")
    parser.add_argument("--reason", default="", help="why")
    return parser


if __name__ == "__main__":
    sys.exit(main())
