"""Settings: every key of the specification, who outranks whom, and what is refused with which words."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from clm.errors import ConfigurationError
from clm.model import ModelType
from clm.policy import Policy
from worker.settings import Settings, load, render

SHIPPED = Path(__file__).parents[3] / "config" / "clm_config.yaml"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no file but the test's own."""
    for name in [name for name in os.environ if name.startswith("CLM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def written(text: str, name: str = "clm.yaml") -> Path:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text("continuous_learning:\n" + text)
    return path


def given(**values: Any) -> Path:
    path = Path("clm.yaml")
    path.write_text(yaml.safe_dump({"continuous_learning": values}))
    return path


def refusal(path: Path | None = None, **arguments: Any) -> str:
    with pytest.raises(ConfigurationError) as error:
        load(path, **arguments)
    return str(error.value)


def origins(settings: Settings) -> dict[str, str]:
    return {each.key: each.origin for each in settings.provenance()}


# --- the specification's names and values ---

VARIABLES = [
    ("CLM_RETRAIN_INTERVAL_DAYS", "retrain_interval_days", 7, 3),
    ("CLM_TRAINING_LOOKBACK_DAYS", "training_lookback_days", 90, 30),
    ("CLM_SHADOW_TEST_HOURS", "shadow_test_hours", 24, 0),
    ("CLM_MIN_IMPROVEMENT_THRESHOLD", "min_improvement_threshold", 0.02, 0.1),
    ("CLM_DATA_THRESHOLD_POINTS", "data_threshold_points", 10_000, 50),
    ("CLM_PERFORMANCE_DECAY_THRESHOLD", "performance_decay_threshold", 0.05, 0.2),
]


@pytest.mark.parametrize(("variable", "name", "default", "other"), VARIABLES)
def test_a_variable_of_the_specification_sets_its_threshold(
    monkeypatch: pytest.MonkeyPatch, variable: str, name: str, default: float, other: float
) -> None:
    assert getattr(load().policy(), name) == default
    monkeypatch.setenv(variable, str(other))
    assert getattr(load().policy(), name) == other


KEYS = [
    ({"retrain_interval_days": 3}, "retrain_interval_days", 3),
    ({"shadow_test_hours": 12}, "shadow_test_hours", 12),
    ({"min_improvement_threshold": 0.1}, "min_improvement_threshold", 0.1),
    ({"training_lookback_days": 30}, "training_lookback_days", 30),
    ({"triggers": {"time_threshold_days": 3}}, "retrain_interval_days", 3),
    ({"triggers": {"data_threshold_points": 50}}, "data_threshold_points", 50),
    ({"triggers": {"performance_decay_threshold": 0.2}}, "performance_decay_threshold", 0.2),
    ({"models": ["nhits", "xgboost"]}, "models", (ModelType.NHITS, ModelType.XGBOOST)),
]


@pytest.mark.parametrize(("values", "name", "expected"), KEYS)
def test_a_key_of_the_specification_sets_its_threshold(
    values: dict[str, Any], name: str, expected: Any
) -> None:
    assert getattr(load(given(**values)).policy(), name) == expected


def test_the_hyperparameters_of_the_specification_are_the_default() -> None:
    trees = {"n_estimators": 500, "max_depth": 7, "learning_rate": 0.01, "subsample": 0.8}
    assert load().training_params == {
        "xgboost": trees,
        "lightgbm": trees,
        "nhits": {"input_size": 120, "h": 24, "n_blocks": 3},
        "patchtst": {"input_size": 120, "h": 24, "patch_len": 16},
    }


def test_a_search_is_configured_per_model_type_in_the_file_and_a_variable_lies_over_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tune = {"trials": 40, "seconds": 600, "space": {"max_depth": [3, 9]}}
    monkeypatch.setenv("CLM_TRAINING_PARAMS", '{"xgboost": {"tune": {"trials": 5}}}')
    params = load(given(training_params={"xgboost": {"tune": tune}})).training_params
    assert params["xgboost"]["tune"] == {**tune, "trials": 5}
    assert params["xgboost"]["max_depth"] == 7
    assert "tune" not in params["lightgbm"]


def test_the_shipped_file_says_what_the_defaults_say() -> None:
    assert load(SHIPPED).policy() == Policy() == load().policy()
    assert load(SHIPPED).training_params == load().training_params


# --- ranks ---


def test_argument_over_variable_over_file_over_default(monkeypatch: pytest.MonkeyPatch) -> None:
    path = given(cooldown_hours=2)
    assert load().policy().cooldown_hours == 24
    assert load(path).policy().cooldown_hours == 2
    monkeypatch.setenv("CLM_COOLDOWN_HOURS", "3")
    assert load(path).policy().cooldown_hours == 3
    assert load(path, cooldown_hours=4).policy().cooldown_hours == 4


def test_a_variable_outranks_an_alias_in_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLM_RETRAIN_INTERVAL_DAYS", "3")
    assert load(given(triggers={"time_threshold_days": 5})).policy().retrain_interval_days == 3


def test_the_file_is_the_named_one_else_the_variables_else_the_one_that_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written("  seed: 1\n", "config/clm_config.yaml")
    named, variables = written("  seed: 3\n", "a.yaml"), written("  seed: 2\n", "b.yaml")
    assert load().seed == 1
    monkeypatch.setenv("CLM_CONFIG", str(variables))
    assert load().seed == 2
    assert load(named).seed == 3


def test_a_commands_defaults_yield_to_a_named_file_but_not_to_one_that_was_found() -> None:
    written("  shadow_test_hours: 24\n", "config/clm_config.yaml")
    defaults = {"shadow_test_hours": 1344}
    assert load(defaults=defaults).policy().shadow_test_hours == 1344
    assert load("config/clm_config.yaml", defaults=defaults).policy().shadow_test_hours == 24


def test_a_hyperparameter_is_laid_over_the_others_and_null_takes_one_away() -> None:
    path = given(training_params={"xgboost": {"max_depth": 3, "subsample": None}})
    assert load(path).training_params["xgboost"] == {
        "n_estimators": 500, "max_depth": 3, "learning_rate": 0.01,
    }  # fmt: skip


def test_an_empty_variable_and_an_empty_section_are_as_if_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLM_HTTP_TOKEN", "")
    settings = load(written("  triggers:\n  training_params:\n"))
    assert settings.http_token is None
    assert settings.training_params == load().training_params


def test_a_list_and_a_mapping_fit_into_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLM_MODELS", "xgboost, nhits")
    monkeypatch.setenv("CLM_OVERRIDES", '{"nhits": {"cooldown_hours": 8400}}')
    policy = load().policy()
    assert policy.models == (ModelType.XGBOOST, ModelType.NHITS)
    assert policy.overrides[ModelType.NHITS].cooldown_hours == 8400


def test_what_yaml_merges_in_yields_to_what_a_mapping_says_itself() -> None:
    text = "  training_params:\n    xgboost: &trees {max_depth: 3, seed: 5}\n"
    path = written(text + "    lightgbm:\n      <<: *trees\n      max_depth: 4\n")
    found = load(path).training_params["lightgbm"]
    assert (found["max_depth"], found["seed"]) == (4, 5)


# --- what is refused, and how ---


def test_two_values_for_one_setting_in_a_file_name_both_keys_and_values() -> None:
    text = "  retrain_interval_days: 7\n  triggers:\n    time_threshold_days: 5\n"
    assert refusal(written(text)) == (
        "retrain_interval_days is 7 (line 2) and triggers.time_threshold_days is 5 (line 4) in clm.yaml: "
        "they are one setting, so give it once"
    )


def test_a_key_written_twice_with_two_values_is_refused() -> None:
    assert "seed is 1 (line 2) and seed is 2 (line 3)" in refusal(written("  seed: 1\n  seed: 2\n"))


def test_one_value_under_both_names_is_no_contradiction() -> None:
    path = given(retrain_interval_days=5, triggers={"time_threshold_days": 5.0})
    assert load(path).policy().retrain_interval_days == 5


UNKNOWN = [
    ({"retrain_intervl_days": 7}, "retrain_intervl_days", "retrain_interval_days"),
    ({"trigers": {"time_threshold_days": 7}}, "trigers", "triggers"),
    ({"triggers": {"time_treshold": 7}}, "triggers.time_treshold", "triggers.time_threshold_days"),
    ({"training_params": {"xgbost": {"a": 1}}}, "training_params.xgbost", "training_params.xgboost"),
    ({"overrides": {"nhits": {"cooldown": 7}}}, "overrides.nhits.cooldown", "overrides.nhits.cooldown_hours"),
    ({"scopes": {"us": {"symbol": []}}}, "scopes.us.symbol", "scopes.us.symbols"),
]


@pytest.mark.parametrize(("values", "name", "near"), UNKNOWN)
def test_an_unknown_key_is_named_with_its_line_and_the_nearest(
    values: dict[str, Any], name: str, near: str
) -> None:
    assert f"{name} is unknown (clm.yaml, line " in refusal(given(**values))
    assert f": did you mean {near}?" in refusal(given(**values))


def test_a_section_under_another_name_is_refused() -> None:
    Path("clm.yaml").write_text("continous_learning:\n  seed: 2\n")
    message = refusal(Path("clm.yaml"))
    assert message == "continous_learning is unknown (clm.yaml, line 2): did you mean continuous_learning?"


def test_an_unknown_variable_is_named_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLM_SHADOW_HOURS", "12")
    message = refusal()
    assert message == "CLM_SHADOW_HOURS is unknown (environment): did you mean CLM_SHADOW_TEST_HOURS?"


def test_an_unknown_argument_is_refused() -> None:
    assert refusal(cooldown=3) == "cooldown is unknown (argument): did you mean cooldown_hours?"


def test_a_wrong_type_names_the_value_the_place_and_an_example() -> None:
    message = refusal(given(cooldown_hours="soon"))
    assert message.startswith("cooldown_hours is 'soon' (clm.yaml, line 2): input should be a valid number")
    assert message.endswith("write for example 24.0")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"shadow_test_hours": -1}, "shadow_test_hours is -1.0; it must be >= 0 (clm.yaml, line 2)"),
        ({"triggers": {"time_threshold_days": 0}}, "retrain_interval_days is 0.0; it must be > 0"),
        ({"overrides": {"nhits": {"cooldown_hours": -1}}}, "cooldown_hours is -1.0; it must be >= 0"),
        ({"cooldown_hours": True}, "a number is needed, not true or false"),
        ({"cooldown_hours": float("nan")}, "finite number"),
        ({"data_threshold_points": 10.5}, "valid integer"),
        ({"models": []}, "at least 1 item"),
        ({"models": ["xgbost"]}, "input should be 'xgboost', 'lightgbm', 'nhits', 'patchtst' or 'ensemble'"),
        ({"policy": "greedy"}, "policy 'greedy' does not exist; use 'seed'"),
        ({"training_params": 5}, "training_params is 5 (clm.yaml, line 2)"),
        ({"triggers": [1]}, "triggers is [1] (clm.yaml, line 3): it must be a mapping"),
        ({"scopes": {"us": {"horizon": 0}}}, "horizon of scope us is 0; it must be >= 1"),
        ({"scopes": {"US": {"horizon": 1}}}, "scope name 'US' must match"),
        ({"scopes": {"us": {"naive": "last"}}}, "scopes.us.naive is 'last' (clm.yaml, line 4): use 'zero'"),
        ({"log_level": "loud"}, "log_level is 'loud'"),
    ],
)
def test_an_impossible_value_is_refused_in_words(values: dict[str, Any], words: str) -> None:
    assert words in refusal(given(**values))


def test_every_problem_of_every_source_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLM_NO_SUCH", "1")
    message = refusal(given(seed="x", oops=1), lease_s=-1)
    assert message.startswith("4 settings are wrong:\n")
    assert all(name in message for name in ("CLM_NO_SUCH", "seed", "oops", "lease_s is -1 (argument)"))


def test_a_file_that_is_not_there_or_not_yaml_is_named() -> None:
    assert refusal(Path("no.yaml")).startswith("configuration file no.yaml cannot be read: No such file")
    Path("odd.yaml").write_text("a: [1\n")
    assert refusal(Path("odd.yaml")).startswith("configuration file odd.yaml is not YAML")
    Path("list.yaml").write_text("- a\n")
    assert "the file must be a mapping" in refusal(Path("list.yaml"))


def test_a_mapping_in_a_variable_that_is_no_json_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLM_OVERRIDES", "{nhits")
    assert 'field "overrides"' in refusal()
    assert "must be JSON" in refusal()


# --- scopes ---


def test_a_scope_is_declared_in_the_file() -> None:
    path = written(
        "  scopes:\n    us-daily: {symbols: [AAPL, IBM], bar_seconds: 86400, target: log_volume,\n"
        "      horizon: 2, naive: 'mean:5', clock: event, history_from: 2000-01-03}\n"
    )
    scope = load(path).scope_of("us-daily")
    assert (scope.name, scope.symbols, scope.bar_seconds) == ("us-daily", ("AAPL", "IBM"), 86400)
    assert (scope.target, scope.horizon, scope.naive, scope.clock) == ("log_volume", 2, "mean:5", "event")
    assert scope.history_from == 946_857_600_000_000  # 10,959 days of 86,400 s after 1970


def test_a_scope_that_nobody_declared_is_refused_by_name() -> None:
    settings = load(given(scopes={"us-daily": {}}))
    with pytest.raises(ConfigurationError, match=r"us-dayly is unknown .* did you mean us-daily\?"):
        settings.scope_of("us-dayly")


def test_the_default_scope_needs_no_declaration_and_another_needs_only_its_name() -> None:
    assert load().scope_of("default").name == "default"
    assert load(given(scopes={"us": {}}, training_params={})).scope_of("us").name == "us"


def test_bars_are_found_from_the_market_directory_unless_one_file_is_named() -> None:
    path = given(market_dir="bars", scopes={"us": {"data": "us.parquet"}})
    assert load(path).data_of("us") == Path("bars/us.parquet")
    assert load(path, data="other.csv").data_of("us") == Path("other.csv")
    assert load(path).data_of("default") is None


def test_a_replay_plays_a_declared_scope_under_its_own_name_bars_and_clock() -> None:
    settings = load(given(scopes={"us": {"target": "log_volume", "naive": "mean:5", "horizon": 2}}))
    scope = settings.replay_scope(name="us", bar_seconds=60, target=None, horizon=None)
    assert (scope.bar_seconds, scope.clock) == (60, "event")
    assert (scope.target, scope.horizon, scope.naive) == ("log_volume", 2, "mean:5")
    other = settings.replay_scope(name="us", bar_seconds=60, target="return", horizon=3)
    assert (other.target, other.naive, other.horizon) == ("return", "", 3)


# --- where values come from ---


def test_each_value_says_where_it_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLM_SEED", "5")
    path = given(triggers={"time_threshold_days": 5}, training_params={"xgboost": {"max_depth": 3}})
    found = origins(load(path, scope="default"))
    assert found["retrain_interval_days"] == "yaml:clm.yaml:triggers.time_threshold_days"
    assert found["training_params.xgboost.max_depth"] == "yaml:clm.yaml:training_params.xgboost.max_depth"
    assert found["training_params.xgboost.subsample"] == "default"
    assert (found["seed"], found["scope"], found["cooldown_hours"]) == ("env:CLM_SEED", "argument", "default")


def test_config_show_tells_value_and_origin_to_people_and_programs() -> None:
    settings = load(given(seed=9))
    line = next(line for line in render(settings, False).splitlines() if line.startswith("seed "))
    assert line.split() == ["seed", "9", "yaml:clm.yaml:seed"]
    assert json.loads(render(settings, True))["seed"] == {"value": 9, "from": "yaml:clm.yaml:seed"}


def test_secrets_are_masked_wherever_settings_are_shown() -> None:
    settings = load(http_token="tops3cret", redis_url="redis://user:tops3cret@server:6379/0")
    shown = render(settings, False) + render(settings, True) + repr(settings.provenance())
    assert "tops3cret" not in shown
    assert "redis://user:***@server:6379/0" in shown
    assert (settings.http_token, settings.redis_url) == ("tops3cret", "redis://user:tops3cret@server:6379/0")


def test_a_secret_is_not_repeated_when_it_is_refused() -> None:
    assert "s3cret" not in refusal(http_token=["s3cret"])


# --- children ---


def test_a_child_process_comes_to_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = load(given(seed=9)).placed(
        home="elsewhere", data="bars.csv", models=["nhits", "xgboost"], http_token="s3cret",
        overrides={"nhits": {"cooldown_hours": 8400}},
    )  # fmt: skip
    for name, value in parent.environment().items():
        monkeypatch.setenv(name, value)
    assert load().fields == parent.fields


def test_artifacts_live_in_the_home_unless_they_are_placed() -> None:
    assert load().artifacts == Path(".clm/artifacts")
    assert load().placed(home="demo").artifacts == Path("demo/artifacts")
    assert load(artifacts="shared").artifacts == Path("shared")


def test_http_is_rate_limited_where_it_has_a_token_or_a_setting_says_so() -> None:
    assert [
        load().http_rate_limit,
        load(http_token="t").http_rate_limit,
        load(http_rate_limit=True).http_rate_limit,
        load(http_token="t", http_rate_limit=False).http_rate_limit,
    ] == [False, True, True, False]


def test_the_facts_of_a_report_are_plain_and_hold_no_place_or_secret() -> None:
    facts = load(models=["xgboost"], http_token="t", redis_url="redis://server").facts()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["training_params"].keys() == {"xgboost"}
    assert {"http_token", "redis_url", "home", "data"}.isdisjoint(facts)
