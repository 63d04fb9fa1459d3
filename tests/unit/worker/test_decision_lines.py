"""An operator reads the decision log line by line."""

from dataclasses import replace

from clm.events import HOUR
from clm.records import Decision
from worker.decision_lines import decision_line


def test_a_line_tells_when_who_what_and_why() -> None:
    decision = Decision(
        role="shadow", kind="reject", at=HOUR, model_type="nhits", version="v2", reason="not better", n=4
    )
    assert decision_line(decision).split() == ("1970-01-01 01:00 shadow-4 nhits reject v2 not better".split())
    assert "[time] too old" in decision_line(replace(decision, trigger="time", reason="too old"))
