"""The crew: roles in processes of their own, and what each noted."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from benchmarks.stream.course import Course
from benchmarks.stream.rival import child, end, heard, tell


class Crew:
    """Roles that serve one scope."""

    def __init__(self, course: Course, roles: Iterable[str]) -> None:
        self._processes: dict[str, subprocess.Popen[str]] = {
            role: child("benchmarks.stream.role", role) for role in roles
        }
        for role, process in self._processes.items():
            tell(process, asdict(course))
            heard(process, role)

    def noted(self, role: str) -> list[list[str]]:
        """Ask a role to stop; what it noted."""
        tell(self._processes[role], "stop")
        noted: list[list[str]] = heard(self._processes[role], role)
        return noted

    def end(self) -> None:
        """End all that still runs."""
        for process in self._processes.values():
            end(process)


@contextmanager
def serving(course: Course, *roles: str) -> Iterator[Crew]:
    """A crew for as long as the context lasts."""
    crew = Crew(course, roles)
    try:
        yield crew
    finally:
        crew.end()


def at(noted: Iterable[Any], names: int = 1) -> dict[str, int]:
    """What was done -> when, ns, in that order; the first time counts.

    Parameters:
        names: only notes with so many names; the first of them tells what was done.
    """
    times: dict[str, int] = {}
    for *named, when in noted:
        if len(named) == names:
            times.setdefault(named[0], int(when))
    return times
