"""What a replay shows: live progress, the status table, the report and the honest table."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from clm.events import moment
from clm.model import ModelType
from clm.replay.tape import Bar
from clm.scope import Scope
from worker.settings import Settings
from worker.stage import Stage

WIDTH = 80
RULE = "=" * WIDTH
THIN = "-" * WIDTH


def settings(settings: Settings, scope: Scope, out: TextIO) -> None:
    """The settings in force, a line each."""
    what = f"{scope.target}, horizon {scope.horizon}, bars of {scope.bar_seconds} s"
    print(f"scope {scope.name}: {what}", file=out)
    for name, value in settings.facts().items():
        print(f"  {name}: {value}", file=out)


class Live:
    """Progress of the demo: a bar and the decisions as they fall."""

    def __init__(self, stage: Stage, bars: int, models: Iterable[ModelType]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._stage, self._models = stage, tuple(models)
        self._console = Console(width=None if sys.stdout.isatty() else 120)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=self._console, transient=True, refresh_per_second=4)
        self._task = self._progress.add_task("2000-01-01", total=bars)
        self._cursor = "0-0"

    def __enter__(self) -> Live:
        self._console.print(RULE, "CONTINUOUS LEARNING MANAGER - DEMO", RULE, sep="\n", highlight=False)
        self._console.print("\nCLM Initialized ✓\n", highlight=False)
        self._status("Current Model Status:")
        self._console.print("\nRunning the loop, in lock step: the next bar waits until every process has")
        self._console.print("folded the last one and no training or promotion is open: it is repeatable.\n")
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()
        self._status("\nFinal Model Status:")

    def show(self, bar: Bar) -> None:
        """One more bar."""
        regime = f" {bar.regime}" if bar.regime else ""
        self._progress.update(self._task, advance=1, description=f"{moment(bar.at):%Y-%m-%d}{regime}")
        for entry_id, decision in self._stage.decisions.read(self._cursor):
            self._cursor = entry_id
            if decision.kind != "suppressed":
                self._console.print(_event(decision), highlight=False, soft_wrap=True, markup=False)

    def waiting(self, what: str) -> None:
        """The bars are over; something else takes time."""
        self._progress.update(self._task, description=what)

    def _status(self, title: str) -> None:
        self._console.print(title, THIN, sep="\n", highlight=False)
        for each in self._models:
            active = self._stage.registry.get_active(each)
            version = active.version if active else "naive"
            trained = f"{active.trained_at:%Y-%m-%d}" if active else "-"
            line = f"  {each.value:<12} | {version:<18} | Trained: {trained}"
            self._console.print(line, highlight=False, markup=False)


def _event(decision: Any) -> str:
    why = f"[{decision.trigger}] {decision.reason}" if decision.trigger else decision.reason
    what = f"{decision.kind} {decision.version}" if decision.role != "watcher" else decision.kind
    return f"{moment(decision.at):%Y-%m-%d}  {decision.model_type:<9} {what:<26} {why}"


def final(facts: Mapping[str, Any], seconds: float, path: Path) -> None:
    """The seed's report of all cycles, the table, and what it means."""
    print(f"\n{RULE}\nRETRAINING REPORT\n{RULE}\n{totals(facts, seconds)}\n")
    print(table(facts))
    print(f"\n{verdict(facts)}\n\nAll facts: {path}")


def totals(facts: Mapping[str, Any], seconds: float) -> str:
    """The seed's report, summed over all cycles of the replay."""
    runs, by_trigger = facts["trainings"], _by_trigger(facts)
    ended = max((decision["at"] for decision in facts["triggers"]), default=0)
    failed = sum(run["phase"] == "failed" for run in runs)
    judged = len(facts["promotions"]) + len(facts["rejections"])
    undecided = max(0, len(runs) - failed - judged)
    lines = (
        f"CLM Report [{moment(ended):%Y-%m-%d %H:%M}]",
        f"Trigger: {', '.join(f'{name} {count}' for name, count in by_trigger.items())}",
        f"Trained: {len(runs)} models",
        f"Promoted: {len(facts['promotions'])} models",
        f"Rejected: {len(facts['rejections'])} models",
        f"Undecided: {undecided} models",
        f"Failed: {failed} models",
        f"Duration: {seconds:.1f}s",
    )
    return "\n".join(lines)


def table(facts: Mapping[str, Any]) -> str:
    """Loss by model type and policy, with trainings and their CPU seconds."""
    lines = [
        f"Mean absolute error of {facts['target']}, {facts['horizon']} bar(s) ahead; "
        "the lines of one model are of the same rows",
        f"{'model':<10} {'policy':<12} {'MAE':>9} {'/ naive':>8} {'trainings':>10} {'CPU s':>8}",
    ]
    for model_type, losses in facts["loss"].items():
        for policy in sorted(losses, key=_order):
            loss, naive = losses[policy], losses["naive"]
            lines.append(
                f"{model_type:<10} {policy:<12} {loss:>9.5f} {_over(loss, naive):>8} "
                f"{_trainings(facts, model_type, policy):>10} {_cpu(facts, model_type, policy):>8}"
            )
    return "\n".join(lines)


def verdict(facts: Mapping[str, Any]) -> str:
    """What the loop bought, and what it did not."""
    lines = []
    for model_type, losses in facts["loss"].items():
        never = losses.get("never")
        fixed = {name: loss for name, loss in losses.items() if name.startswith("every_")}
        if never is None:
            continue
        line = f"{model_type}: against never retraining the loop {_said(losses['loop'], never)}"
        for name, loss in fixed.items():
            line += f"; against {name} it {_said(losses['loop'], loss)}"
        lines.append(line + ".")
    lines.append(
        "The loop does not claim to beat a well chosen schedule: it finds when a model has decayed and "
        "refuses candidates that are not better."
    )
    return "\n".join(lines)


def complete(facts: Mapping[str, Any]) -> bool:
    """Whether the replay showed a decay, a promotion and a rejection."""
    decayed = any(decision["trigger"] == "performance_decay" for decision in facts["triggers"])
    return decayed and bool(facts["promotions"]) and bool(facts["rejections"])


def _said(loss: float, other: float) -> str:
    gain = 1 - loss / other if other > 0 else math.nan
    if math.isnan(gain):
        return "cannot be compared"
    return f"lost {gain:.1%} less" if gain >= 0 else f"lost {-gain:.1%} more"


def _by_trigger(facts: Mapping[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for decision in facts["triggers"]:
        counts[decision["trigger"]] = counts.get(decision["trigger"], 0) + 1
    return counts


def _order(policy: str) -> tuple[int, str]:
    return {"loop": 0, "never": 1, "naive": 3}.get(policy, 2), policy


def _over(loss: float, naive: float) -> str:
    return f"{loss / naive:.3f}" if naive > 0 else "-"


def _trainings(facts: Mapping[str, Any], model_type: str, policy: str) -> str:
    if policy == "loop":
        return str(sum(run["model_type"] == model_type for run in facts["trainings"]))
    return str(facts["schedule_trainings"].get(model_type, {}).get(policy, "-"))


def _cpu(facts: Mapping[str, Any], model_type: str, policy: str) -> str:
    spent = facts["cpu_seconds"].get(model_type, {}).get(policy)
    return "-" if spent is None else f"{spent:.1f}"
