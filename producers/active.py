"""The active versions: what the registry routes to, loaded beside a trader and swapped between bars."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from clm.decisions.route import Route
from clm.errors import ClmError, MissingLibrary, UnreachableServer
from clm.model import NAIVE, ModelType
from producers.faults import Faults
from producers.kept import Kept
from producers.lane import UNTRAINED, Lane
from producers.served import REMEDY, Loader, Served

RETRY_MAX_S = 5.0  # longest pause of the thread after failed refreshes, seconds

KEPT = 4
"""Loaded versions of a model type that are kept, so that the way back takes no loading."""

Lanes = Mapping[ModelType, Lane]


class ActiveVersions:
    """A lane per model type; ``lanes`` is replaced whole, so a reader never sees a mixture.

    ``ready`` is what was loaded last. It becomes ``lanes`` by ``swap``, or at once while nobody predicts.

    Args:
        load: makes a version ready.
        model_types: what to serve.
        faults: where to say what went wrong.
        flat: whether a model type may be swapped now, e.g. because it holds no position; None: always.
        kept: what was served last, on disk, for a start while the server is away; None: nothing is kept.
    """

    def __init__(
        self,
        load: Loader,
        model_types: Sequence[ModelType],
        faults: Faults,
        flat: Callable[[ModelType], bool] | None = None,
        kept: Kept | None = None,
    ) -> None:
        self._load, self._faults, self._flat, self._kept = load, faults, flat, kept
        self.lanes: Lanes = {ModelType(each): Lane(UNTRAINED) for each in model_types}
        self.ready: Lanes = self.lanes
        self._from_disk = False  # whether what was kept serves, because the server never answered
        self.began = False  # a prediction was made, so that swaps wait for a bar's end
        self._pins: dict[ModelType, str] = {}
        self._frozen = False
        self._known: dict[ModelType, dict[str, Served]] = {each: {} for each in self.lanes}
        self._refreshing, self._stop = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def frozen(self) -> bool:
        """Whether nothing is followed."""
        return self._frozen

    def swap(self) -> None:
        """Serve what is ready, of each model type that may be swapped now. For the thread that predicts."""
        ready, now = self.ready, self.lanes
        if self._flat is None:
            self.lanes = ready
            return
        may = {each: ready[each] is now[each] or self._may(each) for each in ready}
        mixed = {each: ready[each] if may[each] else now[each] for each in ready}
        self.lanes = ready if all(may.values()) else mixed

    def _may(self, model_type: ModelType) -> bool:
        assert self._flat is not None
        try:
            return self._flat(model_type)
        except Exception as error:  # noqa: BLE001 - the trader's own callback must not end its loop
            self._faults.note("flat", f"{error!r}; the model loaded last keeps serving")
            return False

    def pin(self, model_type: ModelType, version: str | None) -> None:
        """Serve a version whatever the registry says, from the next refresh on; None: what it says."""
        with self._refreshing:
            if version is None:
                self._pins.pop(model_type, None)
            else:
                self._pins[model_type] = version

    def freeze(self) -> None:
        """Follow nothing."""
        with self._refreshing:
            self._frozen = True

    def resume(self) -> None:
        """Follow again."""
        with self._refreshing:
            self._frozen = False

    def refresh(self) -> bool:
        """Make ready what the registry routes to; False if something kept an older version."""
        with self._refreshing:
            if self._frozen:
                return True
            found, before = dict(self.ready), self.ready
            try:
                kept = [each for each in found if not self._follow(each, found)]
                self._faults.over("server")
                self._from_disk = False
            except UnreachableServer as error:
                self._faults.note("server", f"{error}; {self._instead(found)}")
                return False
            finally:
                if any(found[each] is not self.ready[each] for each in found):
                    self.ready = found
                    if not self.began:
                        self.swap()
            self._keep(found, before)
            return not kept

    def _keep(self, found: Lanes, before: Lanes) -> None:
        """Keep on disk what is served anew; a disk that is full stops nobody."""
        if self._kept is None:
            return
        for model_type, lane in found.items():
            if lane is before[model_type] or lane.pinned:
                continue
            try:
                self._kept.keep(model_type, lane.route, self._load)
                self._faults.over("kept")
            except (ClmError, OSError) as error:
                self._faults.note("kept", f"{error}; a start without the server would serve older versions")

    def _instead(self, found: dict[ModelType, Lane]) -> str:
        """What serves while the server is away; at a start what was kept on disk, read now."""
        kept, begins = self._kept, all(lane.active is UNTRAINED for lane in found.values())
        age = kept.age_seconds() if kept is not None and (begins or self._from_disk) else None
        if kept is None or age is None:
            return "the models loaded last keep serving"
        if not self._from_disk:
            live, self._load = self._load, replace(self._load, models=kept, artifacts=kept)
            for each in found:
                self._follow(each, found)
            self._load, self._from_disk = live, True
        return f"what was kept on disk {age:.0f} s ago serves"

    def _follow(self, model_type: ModelType, found: dict[ModelType, Lane]) -> bool:
        current = found[model_type]
        try:
            found[model_type] = lane = self._routed(model_type, current)
        except UnreachableServer:
            raise
        except (ClmError, OSError) as error:
            kept = f"version {current.active.version} keeps serving"
            self._faults.note(model_type.value, f"{error}; {kept}")
            return False
        self._faults.over(model_type.value)
        return lane.pinned or (lane.canary is None) == (lane.route.canary is None)

    def _routed(self, model_type: ModelType, current: Lane) -> Lane:
        pin = self._pins.get(model_type)
        if pin is not None:
            wanted = Lane(self._version(model_type, pin), pinned=True)
        else:
            route = self._load.models.route(model_type)
            wanted = Lane(self._version(model_type, route.active), self._canary(model_type, route), route)
        same = (wanted.active is current.active, wanted.canary is current.canary)
        return current if all(same) and wanted.route == current.route else wanted

    def _canary(self, model_type: ModelType, route: Route) -> Served | None:
        """The canary, if it can be served; else its keys stay with the active version."""
        if route.canary is None:
            self._faults.over(f"{model_type.value} canary")
            return None
        try:
            canary = self._version(model_type, route.canary)
        except UnreachableServer:
            raise
        except (ClmError, OSError) as error:
            self._faults.note(f"{model_type.value} canary", f"{error}; {route.active} serves its keys")
            return None
        self._faults.over(f"{model_type.value} canary")
        return canary

    def _version(self, model_type: ModelType, version: str) -> Served:
        if version == NAIVE:
            return UNTRAINED
        known = self._known[model_type]
        if version not in known:
            try:
                known[version] = self._load(model_type, version)
            except ModuleNotFoundError as error:
                raise MissingLibrary(f"{model_type.value} {version}: {error}; {REMEDY}") from error
            if len(known) > KEPT:
                del known[next(iter(known))]
        known[version] = known.pop(version)  # the newest is used last
        return known[version]

    def start(self, poll_s: float) -> None:
        """Refresh every ``poll_s`` seconds in a thread, less often while that fails."""
        if self._thread is not None:
            return
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, args=(poll_s,), name="clm-handle", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self, poll_s: float) -> None:
        pause = poll_s
        while not self._stop.is_set():
            pause = poll_s if self._refreshed() else min(2 * pause, max(poll_s, RETRY_MAX_S))
            self._stop.wait(pause)

    def _refreshed(self) -> bool:
        try:
            complete = self.refresh()
        except Exception as error:  # noqa: BLE001 - the thread's edge: a trader never stops following
            self._faults.note("refresh", f"{error!r}; the models loaded last keep serving")
            return False
        self._faults.over("refresh")
        return complete
