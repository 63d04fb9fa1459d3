"""The paper trader publishes each bar in the order in which a live trader would know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from clm.events import Event, InputRow, Outcome, Prediction, Regime, Tick
from clm.replay.tape import Bar, Matured, Row, Tape
from clm.replay.trader import Forecast, PaperTrader, Told
from producers import EventPublisher
from tests.unit.producers.sinks import KeepingSink

MINUTE = 60_000_000
X = b"\0\0\x80?"
Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Said:
    version: str
    value: float


class Constant:
    """Two model types are served; xgboost says 2, lightgbm says 3, and it notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, tuple[bytes, float]]] = []

    def predict_bar(self, at: int, rows: Mapping[str, tuple[bytes, float]]) -> dict[str, dict[str, Forecast]]:
        self.asked.append(dict(rows))
        said = {"xgboost": Said("v1", 2.0), "lightgbm": Said("naive", 3.0)}
        return {name: dict.fromkeys(rows, forecast) for name, forecast in said.items()}


def row(symbol: str = "A", *, usable: bool = True) -> Row:
    return Row(symbol, X, 0.5, usable)


def bar(minute: int, *rows: Row, matured: tuple[Matured, ...] = (), regime: str = "") -> Bar:
    return Bar(minute * MINUTE, rows, matured, regime)


class Desk:
    """A trader with what it published so far."""

    def __init__(self) -> None:
        self.sink, self.handle = KeepingSink(), Constant()
        self._publisher = EventPublisher(sink=self.sink, p="t", background=False)
        self.trader = PaperTrader(Tape((), "s", ("x",)), self._publisher, self.handle, horizon=1)

    def meet(self, *bars: Bar) -> list[Event | InputRow]:
        for each in bars:
            self.trader.meet(each)
        self._publisher.flush()
        return self.sink.items


def of_kind(kind: type[Kind], items: list[Event | InputRow]) -> list[Kind]:
    return [item for item in items if isinstance(item, kind)]


def test_outcomes_come_first_then_the_regime_the_predictions_and_the_tick_and_inputs_before_all() -> None:
    desk = Desk()
    desk.meet(bar(1, row()))
    del desk.sink.sends[:]
    known = (Matured("A", MINUTE, 4.0),)
    published = desk.meet(bar(2, row(), row("B"), matured=known, regime="calm"))
    kinds = [InputRow] * 2 + [Outcome] * 2 + [Regime] + [Prediction] * 4 + [Tick]
    assert [type(each) for each in published] == kinds
    assert {each.at for each in published} == {2 * MINUTE}


def test_every_prediction_gets_exactly_one_outcome_that_names_it() -> None:
    published = (desk := Desk()).meet(
        bar(1, row(), row("B")), bar(2, matured=(Matured("A", MINUTE, 4.0),)),
        bar(3, matured=(Matured("A", MINUTE, 9.0), Matured("B", MINUTE, 5.0))),
    )  # fmt: skip
    made = {(p.p, p.n): p for p in of_kind(Prediction, published)}
    told = of_kind(Outcome, published)
    assert sorted(o.of for o in told) == sorted(made)
    assert {(made[o.of].symbol, o.value) for o in told} == {("A", 4.0), ("B", 5.0)}
    assert len(desk.trader.ledger) == 4


def test_the_ledger_has_each_prediction_with_its_outcome() -> None:
    desk = Desk()
    desk.meet(bar(1, row()), bar(2, matured=(Matured("A", MINUTE, 4.0),)))
    assert desk.trader.ledger == [
        (Told("xgboost", "A", MINUTE, "v1", 2.0, 0.5), 4.0),
        (Told("lightgbm", "A", MINUTE, "naive", 3.0, 0.5), 4.0),
    ]


def test_a_regime_is_published_only_when_it_changes() -> None:
    labels = ("", "calm", "calm", "turbulent", "", "turbulent", "calm")
    published = Desk().meet(*(bar(i, row(), regime=each) for i, each in enumerate(labels)))
    told = [(e.at // MINUTE, e.regime) for e in published if isinstance(e, Regime)]
    assert told == [(1, "calm"), (3, "turbulent"), (6, "calm")]


def test_a_row_that_cannot_be_judged_is_an_input_but_no_prediction() -> None:
    desk = Desk()
    published = desk.meet(bar(1, row(usable=False), row("B")))
    assert {e.symbol for e in published if isinstance(e, InputRow)} == {"A", "B"}
    assert {e.symbol for e in published if isinstance(e, Prediction)} == {"B"}
    assert desk.handle.asked == [{"B": (X, 0.5)}]


def test_an_outcome_of_a_bar_that_was_not_predicted_is_not_published() -> None:
    published = Desk().meet(bar(1, row(usable=False)), bar(2, row(), matured=(Matured("A", MINUTE, 4.0),)))
    assert of_kind(Outcome, published) == []
