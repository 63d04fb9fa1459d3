"""What is queued together goes longest first, by what each model type took last."""

from __future__ import annotations

from clm.model import ModelType
from clm.ports import Job
from clm.steps.longest import USUAL, longest_first


def order(costs: dict[str, float], *names: str) -> list[str]:
    return [job.model_type for job in longest_first([Job(name, 1, name) for name in names], costs)]


def test_the_last_training_says_how_long_one_takes() -> None:
    costs = {"xgboost": 300.0, "lightgbm": 20.0, "nhits": 90.0, "patchtst": 4.0}
    assert order(costs, "lightgbm", "patchtst", "nhits", "xgboost") == [
        "xgboost",
        "nhits",
        "lightgbm",
        "patchtst",
    ]


def test_before_the_first_one_networks_go_before_boosters() -> None:
    names = ("xgboost", "lightgbm", "nhits", "patchtst", "ensemble")
    assert order({}, *names) == ["ensemble", "patchtst", "nhits", "xgboost", "lightgbm"]
    assert set(USUAL) == {each.value for each in ModelType}


def test_equal_jobs_stay_as_they_were() -> None:
    jobs = [Job(f"watcher-{n}", 1, "xgboost") for n in (3, 1, 2)]
    assert longest_first(jobs, {}) == jobs
