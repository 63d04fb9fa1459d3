"""A gauge stands where the fit of its own thread is, and nowhere else."""

from __future__ import annotations

import threading

from clm.steps.gauge import WHOLE, Gauge, at_fold, at_model, at_step, gauged, is_gauged


def test_a_gauge_follows_the_fit() -> None:
    with gauged() as gauge:
        at_fold(WHOLE)
        at_model("nhits")
        at_step(3, 200, 0.5)
        assert gauge.facts() == {"fold": "all", "model": "nhits", "step": 3, "steps": 200, "loss": 0.5}


def test_another_fit_begins_at_nothing() -> None:
    with gauged() as gauge:
        at_step(3, 200, 0.5)
        at_fold(WHOLE)
        assert gauge == Gauge(fold="all")
        at_model("xgboost")
        assert gauge == Gauge(fold="all", model="xgboost")


def test_the_fits_of_other_threads_leave_it_alone() -> None:
    with gauged() as gauge:
        other = threading.Thread(target=at_step, args=(3, 200))
        other.start()
        other.join()
        assert gauge == Gauge()


def test_where_nobody_looks_nothing_is_kept() -> None:
    at_step(3, 200)
    assert not is_gauged()
