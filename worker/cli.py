"""The console script ``clm``. Exit code 0: done; 1: refused or failed, with one clear line; 2: bad usage."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from clm.errors import ClmError
from producers.orders import ORDERS, take_arguments

MODELS = "xgboost, lightgbm, nhits, patchtst, ensemble"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command."""
    arguments = parser().parse_args(argv)
    try:
        module, function = arguments.run.split(":")
        return int(getattr(import_module(module), function)(arguments) or 0)
    except ClmError as error:
        print(f"clm: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1


def parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    top = argparse.ArgumentParser(prog="clm", description="Keeps the models of a live trader good.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _processes(commands)
    _replays(commands)
    _looks(Facts(commands))
    _orders(Facts(commands))
    config = _add(commands, "config", "worker.operations:config", "the settings in force")
    config.add_argument("action", choices=["show"])
    config.add_argument("--json", action="store_true", help="print JSON")
    return top


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, run: str, text: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run)
    command.add_argument("--config", metavar="FILE", help="YAML file (CLM_CONFIG)")
    command.add_argument("--scope", help="scope (CLM_SCOPE, default: default)")
    return command


def _processes(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    for name, text in (
        ("watcher", "watch the events, decide when a retrain is due"),
        ("shadow", "score candidates on the live events, give verdicts"),
        ("rollout", "take canaries from share to share (needs canary_shares)"),
        ("dry-watcher", "record which retrains the policy of dry_run would ask for"),
        ("dry-shadow", "record which verdicts the policy of dry_run would give"),
        ("dispatcher", "turn decisions into training jobs and promotions"),
    ):
        _add(commands, name, f"worker.processes:{name.replace('-', '_')}", text)
    archive = _add(commands, "archive", "worker.archive_command:archive", "copy the streams to Parquet files")
    often = archive.add_mutually_exclusive_group()
    often.add_argument("--once", action="store_true", help="archive what is there and stop (default)")
    often.add_argument("--follow", action="store_true", help="go on until stopped")
    archive.add_argument("--to", metavar="PLACE", help="directory or URL (CLM_ARCHIVE)")
    archive.add_argument("--json", action="store_true", help="print JSON")
    worker = _add(commands, "worker", "worker.processes:worker", "train what is queued")
    worker.add_argument("--burst", action="store_true", help="stop when the queue is empty")
    worker.add_argument("--pool", default="", help="train only the model types of this pool (setting pools)")
    worker.add_argument("--max-jobs", type=int, metavar="N", help="stop after N jobs, to be restarted fresh")
    api = _add(commands, "api", "worker.processes:api", "serve HTTP and metrics")
    api.add_argument("--host", default="127.0.0.1")
    api.add_argument("--port", type=int, default=8000)
    up = _add(commands, "up", "worker.processes:up", "run server, watcher, shadow, dispatcher and workers")
    up.add_argument("--workers", type=int, default=1, metavar="N")


def _replays(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    demo = _add(commands, "demo", "worker.demo:demo", "play years of real daily prices through all processes")
    demo.add_argument("--json", action="store_true", help="print the report as JSON")
    trader = _add(commands, "demo-trader", "worker.demo:trader", "only the demo's paper trader")
    trader.add_argument("--json", action="store_true", help="print the report as JSON")
    replay = _add(commands, "replay", "worker.replay_command:replay", "the whole loop over a file of candles")
    replay.add_argument("file", metavar="FILE", help="Parquet or CSV of bars")
    replay.add_argument("--report", metavar="OUT.json", help="write the facts there")
    replay.add_argument("--models", nargs="+", metavar="MODEL", help=f"of {MODELS}; default: all")
    replay.add_argument("--target", help="log_range (default), log_volatility, log_volume, return")
    replay.add_argument("--horizon", type=int, help="bars; default: 1")
    replay.add_argument("--seed", type=int, help="default: 1")
    replay.add_argument("--json", action="store_true", help="print the report as JSON")


class Facts:
    """Adds commands that print facts, as lines or as JSON."""

    def __init__(self, commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        self._commands = commands

    def __call__(self, name: str, text: str, home: str = "worker.operations") -> argparse.ArgumentParser:
        command = _add(self._commands, name, home if ":" in home else f"{home}:{name}", text)
        command.add_argument("--json", action="store_true", help="print JSON")
        return command


def _looks(facts: Facts) -> None:
    facts("status", "what is active, per model type")
    facts("triggers", "which retrains would be due now")
    facts("runs", "the newest training runs").add_argument("--limit", type=int, default=20)
    history = facts("history", "the versions of a model type, newest first", "worker.hindsight_command")
    history.add_argument("model", metavar="MODEL")
    history.add_argument("--limit", type=int, default=10)
    history.add_argument("--at", metavar="TIME", help="what was live then, by whom and why; event time, UTC")
    explain = facts("explain", "what a version's forecasts rest on", "worker.explain_command")
    explain.add_argument("model", metavar="MODEL")
    explain.add_argument("version", metavar="VERSION", nargs="?", help="default: the active one")
    explain.add_argument("--rows", type=int, metavar="N", help="explain anew, on N rows of its hold-out")
    explain.add_argument("--svg", metavar="FILE", help="write the picture there")
    ab = facts("ab", "two versions on the same events: the effect with its interval", "worker.ab_command")
    ab.add_argument("model", metavar="MODEL")
    ab.add_argument("first", metavar="A", help="version, naive, champion or challenger")
    ab.add_argument("second", metavar="B", help="the one that is told by how much it differs")
    ab.add_argument("--since", metavar="TIME", help="event time, UTC; default: since both were trained")
    ab.add_argument("--level", type=float, default=0.05, help="chance that the interval misses the truth")
    decisions = facts("decisions", "the newest decisions, or what one of them rests on")
    decisions.add_argument("--limit", type=int, default=20)
    decisions.add_argument("--dry", action="store_true", help="those of the policy that only runs beside")
    decisions.add_argument("--explain", metavar="ID", help="explain this one, and compute it again")
    facts("dry-run", "in what the policy that runs beside differs", "worker.dry_command:differences")
    verify = facts("verify", "recompute the chains of the decision log", "worker.hindsight_command")
    verify.add_argument("--rederive", action="store_true", help="also derive every decision again")
    facts("doctor", "check the installation and the server")


def _orders(facts: Facts) -> None:
    retrain = facts("retrain", "ask for a retrain")
    retrain.add_argument("models", nargs="*", metavar="MODEL", help=f"of {MODELS}; default: all")
    retrain.add_argument("--reason", default="")
    retrain.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="wait for the verdicts")
    promote = facts("promote", "make a version active, by hand")
    promote.add_argument("model", metavar="MODEL")
    promote.add_argument("version", metavar="VERSION")
    promote.add_argument("--reason", default="")
    rollback = facts("rollback", "return to the version that was live before")
    rollback.add_argument("model", metavar="MODEL")
    rollback.add_argument("--reason", default="")
    for name, order in ORDERS.items():
        changed = facts(name, order.does, "worker.route_command:change")
        take_arguments(changed, name)
        changed.add_argument("--reason", default="")


if __name__ == "__main__":
    sys.exit(main())
