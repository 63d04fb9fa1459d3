"""Every break in the chains of the decision log is named, and every decision that was seen and is gone."""

from dataclasses import replace

from clm.decisions.chains import broken_links, forgotten, unmoved
from clm.decisions.route import Route
from clm.events import HOUR
from clm.records import REGISTRY, Decision, Head


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


def heads(*decisions: Decision) -> dict[str, Head]:
    return {each.role: Head(each.n, each.hash) for each in decisions}


def test_a_log_that_was_cut_is_caught_by_the_heads_that_were_kept() -> None:
    first, second, third = chain(3)
    assert broken_links([first, second]) == []
    assert forgotten([first, second], [heads(first), heads(third)]) == [
        "watcher-3 was written and is gone: the log was cut"
    ]


def test_a_chain_that_was_written_anew_is_caught_by_the_heads_that_were_kept() -> None:
    first, second = chain(2)
    other = Head().chain(replace(first, reason="it was not me"))
    anew = [other, Head(other.n, other.hash).chain(second)]
    assert broken_links(anew) == []
    assert forgotten(anew, [heads(first), heads(second)]) == [
        "watcher-1 was written with another hash: the log was written anew",
        "watcher-2 was written with another hash: the log was written anew",
    ]


def test_heads_of_a_log_that_only_grew_know_nothing_else() -> None:
    first, second, third = chain(3)
    assert forgotten([first, second, third], [{"watcher": Head()}, heads(first), heads(second)]) == []


def move(epoch: int, start: str, end: str, model: str = "xgboost") -> Decision:
    evidence = {"from": start, "to": end, "epoch": epoch}
    return Decision(role=REGISTRY, kind="promoted", at=epoch, model_type=model, evidence=evidence, n=epoch)


def test_moves_that_lead_to_the_route_are_no_fault() -> None:
    log = [move(1, "naive", "A"), move(1, "naive", "N", "nhits"), move(2, "A", "A"), move(3, "A", "B")]
    routes = {"xgboost": Route(epoch=2, active="A"), "nhits": Route(epoch=1, active="N")}
    assert unmoved(log, {**routes, "lightgbm": Route()}) == []


def test_a_move_that_does_not_begin_where_the_last_one_ended_is_named() -> None:
    assert unmoved([move(1, "naive", "A"), move(2, "B", "C")], {}) == [
        "registry-2 moves xgboost from B, which was on A"
    ]


def test_a_route_that_the_log_does_not_know_is_named() -> None:
    log, wrong = [move(1, "naive", "A")], {"xgboost": Route(epoch=1, active="Z")}
    assert unmoved(log, wrong) == ["xgboost is on Z at epoch 1, the log says A"]
    assert unmoved([], {"xgboost": Route(epoch=1, active="A")}) == [
        "xgboost is on A at epoch 1, the log says no decision"
    ]
