"""The outbox: takes drafts from the ring and does not let go of them until the sink has taken them."""

from __future__ import annotations

import time
from collections.abc import Callable

from clm.errors import ClmError, MalformedEvent, UnreachableServer
from producers.backlog import Backlog
from producers.drafts import Maker, Wire, parts
from producers.faults import Faults
from producers.parcels import Packer, Parcel
from producers.ring import Draft, Ring
from producers.sinks import Sink
from producers.stats import Stats

GROUP = 512  # drafts that are packed and sent at once
TURN = 64  # drafts that are made at a stretch: the trader's threads wait meanwhile
TURN_S = 20e-6  # how long they may go first then, seconds
AWAY_S = 1.0  # without an answer, seconds; then events wait on disk
REPORT_S = 5.0  # between two reports of drops to the server, seconds


class Outbox:
    """Sends, in order, and keeps what the server did not take: in memory, then in the spool.

    One thread at a time uses it; ``stats`` may be read in any.

    Args:
        ring: where drafts come from.
        sink: where entries go.
        backlog: where they are meanwhile.
        maker: makes events of drafts.
        faults: where to say what goes wrong.
        p: producer, who reports.
    """

    def __init__(
        self, ring: Ring, sink: Sink, backlog: Backlog, maker: Maker, faults: Faults, p: str
    ) -> None:
        self._ring, self._sink, self._backlog = ring, sink, backlog
        self._maker, self._packer, self._faults, self._p = maker, Packer(), faults, p
        self._published = self._failed = 0
        self._told = 0  # drops that were logged
        self._reported, self._report_at = (0, 0), 0.0  # drops and failures; when the next may follow
        self._trying_since: float | None = None  # when what is sent now was sent first
        self.closing: Callable[[], bool] = lambda: False

    @property
    def stats(self) -> Stats:
        """The counts so far."""
        pending = len(self._ring.waiting) + self._backlog.pending
        return Stats(self._published, pending, self._ring.dropped, self._failed, self._backlog.spooled)

    @property
    def empty(self) -> bool:
        """Whether nothing waits anywhere."""
        return not self._ring.waiting and self._backlog.empty

    def adopt(self) -> None:
        """Take over what earlier processes could not send."""
        if self._backlog.spool:
            self._backlog.spool.adopt()

    def begin(self, draft: Draft) -> bool:
        """Send a draft past the ring without waiting, if nothing else waits; ``send`` sees to the answer."""
        if not self.empty:
            return False
        try:
            parcel = self._packer.single(self._maker.make(draft))
        except MalformedEvent:
            return False  # it is said when it comes by the ring
        begun = self._sink.begin(parcel)
        if begun:
            self._backlog.add([parcel])
        return begun

    def send(self) -> bool:
        """Send what has waited longest; whether the server took it."""
        if self._ring.dropped > self._told:
            self.report_drops()
        parcels = self._oldest()
        try:
            if parcels:
                self._send(parcels)
        except (ClmError, OSError) as error:
            self.hold()
            stats = self.stats
            waiting = f"{stats.pending + stats.spooled} events wait and will be sent with the same ids"
            self._faults.note("server", f"{error}; {waiting}")
            return False
        self._report()
        return True

    def _oldest(self) -> list[Parcel]:
        parcels = self._backlog.oldest()
        while not parcels and self._ring.waiting:
            self._pack()
            parcels = self._backlog.oldest()
        return parcels

    def _send(self, parcels: list[Parcel]) -> None:
        self._trying_since = self._trying_since or time.monotonic()
        self._sink.send(parcels, self._waiting)
        self._trying_since = None
        self._published += sum(parcel.events for parcel in parcels)
        self._faults.over("server")
        if not self._ring.waiting:
            self._faults.over("ring")
        self._backlog.forget(parcels)  # last: whoever waits until nothing does sees all of the above

    def _waiting(self) -> None:
        self.hold()
        if self.closing():
            raise UnreachableServer("the publisher closes before the server answered")

    def hold(self) -> None:
        """While the server is away: make room in the ring, and put what waits on disk."""
        away_s = time.monotonic() - (self._trying_since or time.monotonic())
        if away_s >= AWAY_S or 2 * len(self._ring.waiting) > self._ring.capacity:
            self.spill()

    def spill(self) -> bool:
        """Move what waits in memory to the spool; whether all of it is there."""
        while self._backlog.spool and self._backlog.spill() and self._ring.waiting:
            self._pack()
        return not (self._ring.waiting or self._backlog.pending)

    def _pack(self) -> None:
        """Move the oldest drafts from the ring to the backlog; what cannot be written ends here."""
        count, parcels = min(len(self._ring.waiting), GROUP), list[Parcel]()
        try:
            parcels = self._packer.pack(self._made(count))
        finally:
            self._failed += count - sum([parcel.events for parcel in parcels])
            self._backlog.add(parcels)
            self._ring.discard(count)

    def _made(self, count: int) -> list[Wire]:
        wires, waiting = list[Wire](), self._ring.waiting
        for number in range(count):  # by place: others append meanwhile, which an iterator would not survive
            try:
                wires.append(self._maker.make(waiting[number]))
            except MalformedEvent as error:
                self._faults.note(parts(waiting[number])[0], str(error))
            if number % TURN == TURN - 1:
                time.sleep(TURN_S)
        return wires

    def report_drops(self) -> None:
        """Say in the log that events were dropped, once until the ring is empty."""
        dropped = self._ring.dropped
        if dropped > self._told:
            self._told = dropped
            why = "the publisher is closed" if self._ring.shut else f"{self._ring.capacity} events wait"
            self._faults.note("ring", f"dropped {dropped} events so far: {why}")

    def _report(self) -> None:
        """Tell the server what was lost, if that is news; its refusal does not hold up the events."""
        lost = (self._ring.dropped, self._failed)
        if lost == self._reported or time.monotonic() < self._report_at:
            return
        self._report_at = time.monotonic() + REPORT_S
        try:
            self._sink.report(self._p, self.stats.counters(time.time_ns() // 1000))
        except (ClmError, OSError) as error:
            self._faults.note("report", f"{error}; what was lost is in the log alone")
            return
        self._reported = lost
        self._faults.over("report")

    def finish(self) -> None:
        """The last act: leave what was not sent to the next process, and tell the server what was lost."""
        if self._backlog.spool:
            self.spill()
        if self._trying_since is None:  # else the server is away
            self._report_at = 0.0
            self._report()
        self._sink.close()
        if self._backlog.spool:
            self._backlog.spool.close()

    def report_left(self) -> None:
        """Say where events are that will not be sent any more."""
        stats = self.stats
        if stats.pending:
            self._faults.note("closed", f"{stats.pending} events were never sent")
        if stats.spooled and self._backlog.spool:
            where = self._backlog.spool.directory
            self._faults.note("closed", f"{stats.spooled} events wait in {where} for the next publisher")

    def abandon(self) -> None:
        """Give up in a forked child: everything is the parent's."""
        if self._backlog.spool:
            self._backlog.spool.close(forked=True)
        self._backlog = Backlog(None)
