"""The meter: what a process has spent."""

from __future__ import annotations

import resource


def cpu_seconds() -> float:
    """CPU of this process and of its children that ended, user and system, seconds."""
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
