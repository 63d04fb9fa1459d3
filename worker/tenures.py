"""Tenures: what was live at a moment, by whom and why, as facts for a person or a program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from clm.decisions.chronicle import Tenure, tenure_at
from clm.errors import ConfigurationError
from clm.events import micros, moment
from clm.records import Decision


@dataclass(frozen=True)
class Live:
    """What was live, and the verdict that made it so, if one did."""

    tenure: Tenure
    verdict: Decision | None

    def facts(self) -> dict[str, Any]:
        """As plain values; decisions as their records."""
        found, told = self.tenure, (self.tenure.since, self.tenure.until)
        since, until = (None if each is None else moment(each) for each in told)
        decided = {"decision": found.decision, "changed": found.changed, "verdict": self.verdict}
        records = {name: each and each.record() for name, each in decided.items()}
        return asdict(found) | records | {"since": since, "until": until}


def live(log: Sequence[Decision], model_type: str, at: int | None) -> Live:
    """What was live at a moment of event time (µs); None: now."""
    found = tenure_at(log, model_type, at)
    cause = found.decision.cause if found.decision else ""
    return Live(found, next((each for each in log if each.id == cause), None))


def moment_told(option: str, text: str) -> int:
    """Event time, µs, as an option tells it. Raises ConfigurationError for what is no moment."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"{option} {text!r} is no moment: write 2025-01-30T14:30, with +02:00 behind it if it is not UTC"
        ) from None
    return micros(found if found.tzinfo else found.replace(tzinfo=UTC))
