"""The active versions: what the registry routes to, loaded and swapped beside a running trader."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from clm.errors import ClmError, MissingLibrary, UnreachableServer
from clm.model import NAIVE, ModelType
from producers.faults import Faults
from producers.served import REMEDY, Artifacts, Models, Served, load

RETRY_MAX_S = 5.0  # longest pause of the thread after failed refreshes, seconds


class ActiveVersions:
    """One version per model type; ``served`` is replaced whole, so a reader never sees a mixture."""

    def __init__(
        self,
        registry: Models,
        artifacts: Artifacts,
        model_types: Sequence[ModelType],
        columns: Sequence[str],
        faults: Faults,
    ) -> None:
        self._registry, self._artifacts = registry, artifacts
        self._columns, self._faults = tuple(columns), faults
        self.served: Mapping[ModelType, Served] = {ModelType(each): Served() for each in model_types}
        self._refreshing, self._stop = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None

    def refresh(self) -> bool:
        """Serve what the registry routes to; False if something kept an older version."""
        with self._refreshing:
            found = dict(self.served)
            try:
                kept = [each for each in found if not self._follow(each, found)]
                self._faults.over("server")
            except UnreachableServer as error:
                self._faults.note("server", f"{error}; the models loaded last keep serving")
                return False
            finally:
                self.served = found
            return not kept

    def _follow(self, model_type: ModelType, found: dict[ModelType, Served]) -> bool:
        current = found[model_type]
        try:
            found[model_type] = self._routed(model_type, current)
        except UnreachableServer:
            raise
        except (ClmError, OSError) as error:
            kept = f"version {current.version} keeps serving"
            self._faults.note(model_type.value, f"{error}; {kept}")
            return False
        self._faults.over(model_type.value)
        return True

    def _routed(self, model_type: ModelType, current: Served) -> Served:
        version = self._registry.route(model_type).active
        if version == current.version:
            return current
        if version == NAIVE:
            return Served()
        try:
            return load(self._registry, self._artifacts, model_type, version, self._columns)
        except ModuleNotFoundError as error:
            raise MissingLibrary(f"{model_type.value} {version}: {error}; {REMEDY}") from error

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
