"""Attempts: one model's failure is logged and kept, and never stops the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog

from clm.errors import ClmError
from clm.model import ModelType

Item = TypeVar("Item")
Made = TypeVar("Made")

log = structlog.get_logger(__name__)


class Attempts:
    """What was tried by model type, and why some of it failed."""

    def __init__(self) -> None:
        self.failures: dict[ModelType, str] = {}

    def begin(self) -> None:
        """Forget what failed before."""
        self.failures = {}

    def one(self, models: Iterable[ModelType], call: Callable[[], Made]) -> Made | None:
        """The call's value, or None with its error kept as the failure of these models."""
        try:
            return call()
        except ClmError as error:
            for each in models:
                self.failures[each] = str(error)
                log.error("failed", model_type=each.value, error=str(error))  # noqa: TRY400 - the message says it
            return None

    def each(
        self, items: Mapping[ModelType, Item], call: Callable[[Item], Made], at_once: int = 1
    ) -> dict[ModelType, Made]:
        """The call's value for each item, in their order; one that fails is left out.

        Parameters:
            at_once: how many run at the same time.
        """
        with ThreadPoolExecutor(at_once) as pool:
            futures = {each: pool.submit(call, item) for each, item in items.items()}
            made = {each: self.one([each], future.result) for each, future in futures.items()}
        return {each: value for each, value in made.items() if value is not None}
