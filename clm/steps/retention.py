"""Retention: cut the streams behind everybody who reads them; past the cap, cut and say what was lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice

from clm.decisions.retention import Gap, Limits, Stock, alarming, excess, free_before, widened
from clm.events import position
from clm.ports import Fence, Trimming

CUT_ENTRIES = 50_000
"""Of one cut past the cap, so that whoever cuts is never held up for long; what remains is cut next."""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What an operator should hear about a stream."""

    kind: str  # alarm: it nears its cap; gap: entries were cut before a role was done with them
    stream: str
    text: str


class Retention:
    """Keeps the streams of a scope in bounds.

    Parameters:
        needs: stream -> a function that gives, role by role, the newest entry that it is done with.
    """

    def __init__(
        self,
        trimming: Trimming,
        needs: Mapping[str, Callable[[], Mapping[str, str]]],
        limits: Limits,
        fence: Fence | None = None,
    ) -> None:
        self._trimming, self._needs, self._limits, self._fence = trimming, needs, limits, fence
        self._alarmed: set[str] = set()
        self.behind = False  # whether more must be cut at once

    def step(self) -> list[Notice]:
        """Cut what may go; what is new to say about it.

        Raises:
            NotOwner: another process cuts now.
            UnreachableServer: the server does not answer; call again later.
        """
        self.behind = False
        return [notice for stream, needs in self._needs.items() for notice in self._keep(stream, needs())]

    def _keep(self, stream: str, needs: Mapping[str, str]) -> list[Notice]:
        stock = self._trimming.stock(stream)
        before = free_before(stock, needs, self._limits)
        if position(before) > position(stock.oldest):
            self._trimming.cut(stream, before, self._fence)
            stock = self._trimming.stock(stream)
        over = min(excess(stock, self._limits), CUT_ENTRIES)
        self.behind = self.behind or over == CUT_ENTRIES
        lost = self._cut(stream, over, needs) if over else []
        return [*self._alarm(stream, stock), *lost]

    def _cut(self, stream: str, count: int, needs: Mapping[str, str]) -> list[Notice]:
        known = {gap.role: gap for gap in self._trimming.gaps() if gap.stream == stream}
        *lost, (before, _) = islice(self._trimming.oldest(stream, count + 1), count + 1)
        gaps = []
        for role, done in needs.items():
            gap = known.get(role, Gap(stream=stream, role=role))
            if (wider := widened(gap, done, lost, before)) != gap:
                gaps.append(wider)
        self._trimming.cut(stream, before, self._fence, gaps)
        return [Notice(kind="gap", stream=stream, text=told(gap)) for gap in gaps]

    def _alarm(self, stream: str, stock: Stock) -> list[Notice]:
        if not alarming(stock, self._limits):
            self._alarmed.discard(stream)
            return []
        if stream in self._alarmed:
            return []
        self._alarmed.add(stream)
        share = stock.bytes / self._limits.cap_bytes
        text = f"{stock.bytes} bytes are {share:.0%} of stream_cap_bytes, at which unread entries are cut"
        return [Notice(kind="alarm", stream=stream, text=f"{text}: see who is behind, or raise it")]


def told(gap: Gap) -> str:
    """A gap in a sentence."""
    return (
        f"{gap.entries} entries ({gap.events} events) older than {gap.to} were cut before {gap.role} "
        "was done with them: the stream was over stream_cap_bytes"
    )
