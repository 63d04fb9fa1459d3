"""A scope is refused as soon as it is declared wrongly, with a message that names the value."""

from __future__ import annotations

from typing import Any

import pytest

from clm.errors import ConfigurationError
from clm.scope import Scope


@pytest.mark.parametrize("name", ["default", "us-daily", "crypto-5m", "a", "0_x", "a" * 63])
def test_a_plain_name_is_accepted(name: str) -> None:
    assert Scope(name=name).name == name


@pytest.mark.parametrize("name", ["", "US", "-a", "_a", "a b", "a{b}", "a:b", "a\n", "a" * 64])
def test_a_name_that_would_break_a_key_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"scope name .* must match"):
        Scope(name=name)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bar_seconds": 0}, "bar_seconds of scope default is 0; it must be >= 1"),
        ({"horizon": -1}, "horizon of scope default is -1; it must be >= 1"),
        ({"clock": "wall"}, "clock of scope default is 'wall'; use 'live' or 'event'"),
    ],
)
def test_a_value_out_of_range_is_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Scope(**settings)
