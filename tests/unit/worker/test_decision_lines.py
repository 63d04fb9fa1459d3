"""An operator reads the decision log line by line, and hears of every break in its chains."""

from dataclasses import replace

from clm.events import HOUR
from clm.records import Decision, Head
from worker.decision_lines import broken_links, decision_line


def chain(count: int, role: str = "watcher") -> list[Decision]:
    head, made = Head(), []
    for number in range(count):
        made.append(head.chain(Decision(role=role, kind="retrain", at=number * HOUR, model_type="xgboost")))
        head = head.after(made[-1])
    return made


def test_chains_that_hold_have_no_fault_whatever_stands_between_them() -> None:
    watcher, shadow = chain(3), chain(2, "shadow")
    assert broken_links([watcher[0], shadow[0], watcher[1], shadow[1], watcher[2]]) == []


def test_an_altered_record_is_named() -> None:
    first, second = chain(2)
    assert broken_links([replace(first, reason="it was not me"), second]) == [
        "watcher-1 was altered: its hash is not that of its record"
    ]


def test_a_missing_record_is_named_by_the_one_after_it() -> None:
    first, _, third = chain(3)
    assert broken_links([first, third]) == [
        "watcher-3 does not follow watcher-1: a record is missing or changed"
    ]


def test_a_line_tells_when_who_what_and_why() -> None:
    decision = Decision(
        role="shadow", kind="reject", at=HOUR, model_type="nhits", version="v2", reason="not better", n=4
    )
    assert decision_line(decision).split() == ("1970-01-01 01:00 shadow-4 nhits reject v2 not better".split())
    assert "[time] too old" in decision_line(replace(decision, trigger="time", reason="too old"))
