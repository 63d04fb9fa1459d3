"""A course: one stream that contenders read, part after part."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Course:
    """Where a contender runs."""

    url: str  # of the server
    scope: str
    stream: str  # key
    variant: str = ""  # of the contender, e.g. how many records FastStream reads at once


@dataclass(frozen=True)
class Lap:
    """The part of a stream that one pass reads."""

    after: str  # entry id
    until: str  # entry id, included
    entries: int
    events: int
