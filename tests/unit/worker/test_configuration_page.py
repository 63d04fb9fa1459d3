"""The page on configuration knows every setting, with its default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from worker.scope_fields import ScopeFields
from worker.setting_fields import Fields

PAGE = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text()
ROWS = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", PAGE, re.MULTILINE))


def test_every_setting_stands_on_the_page_and_nothing_else_does() -> None:
    metrics = {name for name in ROWS if name.startswith("clm_")}
    models = {"xgboost", "lightgbm", "nhits", "patchtst", "ensemble"}
    assert set(ROWS) - metrics - models == {*Fields.model_fields, *ScopeFields.model_fields}


@pytest.mark.parametrize(
    "name", [name for name, each in Fields.model_fields.items() if isinstance(each.default, int | float)]
)
def test_a_number_on_the_page_is_the_default(name: str) -> None:
    default = Fields.model_fields[name].default
    assert ROWS[name].strip() == (str(default).lower() if isinstance(default, bool) else f"{default:g}")
