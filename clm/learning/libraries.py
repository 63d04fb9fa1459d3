"""Optional libraries: loaded at first use, and named with their remedy when they are missing."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from clm.errors import MissingLibrary


def load(module: str, extra: str) -> Any:
    """Import a module that an extra of this package brings.

    >>> load("json", "trees").__name__
    'json'

    Raises:
        MissingLibrary: it, or something it needs, is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingLibrary(
            f"{module} cannot be imported ({error}); install it with "
            f"pip install 'continuous-learning-manager[{extra}]'"
        ) from error


def versions(modules: Iterable[str]) -> dict[str, str]:
    """Module -> version, of modules that are loaded already or can be."""
    return {name: str(import_module(name).__version__) for name in modules}
