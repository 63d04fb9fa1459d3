"""Attention: a flow that stops at the events of some versions, and lets all others pass."""

from __future__ import annotations

from collections.abc import Iterable

from clm.decisions.flow import Flow
from clm.decisions.names import Key
from clm.scope import Scope


class Attention(Flow):
    """The flow of a fold that scores versions beside others, and has no windows or triggers."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope, self._told)
        self._watched = frozenset[tuple[str, str]]()

    def watch(self, versions: Iterable[tuple[str, str]]) -> None:
        """Stop at the events of these model types and versions from now on, and of no others."""
        watched = frozenset(versions)
        if watched != self._watched:
            self._watched = watched
            self.describe_again()

    def _told(self, key: Key) -> tuple[int, int, bool]:
        return -1, 0, (key.model_type, key.version) in self._watched
