"""Faults of a trader's helper: counted and kept by kind, logged once, never raised."""

from __future__ import annotations

import logging
from collections.abc import Mapping

log = logging.getLogger("clm.producers")


class Faults:
    """The newest message of each kind of fault.

    A kind is logged when it begins and again when it is over, however often it is noted between.

    >>> faults = Faults("publisher")
    >>> faults.note("server", "no answer")
    >>> dict(faults.messages)
    {'server': 'no answer'}
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._messages: dict[str, str] = {}

    @property
    def messages(self) -> Mapping[str, str]:
        """Kind -> newest message, of the faults that are not over."""
        return dict(self._messages)

    def note(self, kind: str, message: str) -> None:
        """Keep a message; log it if its kind is new."""
        if kind not in self._messages:
            log.warning("%s: %s: %s", self._source, kind, message)
        self._messages[kind] = message

    def over(self, kind: str) -> None:
        """Forget a kind of fault, which may begin again."""
        if self._messages.pop(kind, None) is not None:
            log.info("%s: %s: works again", self._source, kind)
