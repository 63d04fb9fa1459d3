"""A library that is not there is named with the extra that brings it."""

from __future__ import annotations

import numpy as np
import pytest

from clm.errors import MissingLibrary
from clm.learning.libraries import load, versions


def test_what_is_missing_is_named_with_its_remedy() -> None:
    with pytest.raises(MissingLibrary, match=r"pip install 'continuous-learning-manager\[trees\]'"):
        load("no_such_library", "trees")


def test_what_is_there_is_loaded() -> None:
    assert load("numpy", "trees") is np


def test_versions_are_those_of_the_modules() -> None:
    assert versions(["numpy"]) == {"numpy": np.__version__}
