"""A snapshot: every key of a scope but its events, so that a lap can be run again as for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clm.store.keys import Keys

if TYPE_CHECKING:
    from redis import Redis


class Snapshots:
    """What a scope held at some entries.

    A lap that was folded twice would decide nothing the second time: its decisions would be in the log.
    """

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client, self._keys = client, keys
        self._kept: dict[str, dict[bytes, bytes]] = {}  # entry id -> key -> its dump

    def take(self, at: str) -> None:
        """Keep what the scope holds now, under an entry id."""
        self._kept[at] = {key: self._dump(key) for key in self._own()}

    def restore(self, at: str) -> None:
        """Put back what was kept there; nothing happens where nothing was."""
        kept = self._kept.get(at)
        if kept is None:
            return
        for key in self._own():
            self._client.delete(key)
        for key, dump in kept.items():
            self._client.restore(key, 0, dump)

    def _own(self) -> list[bytes]:
        pattern = self._keys.of("*")
        return [key for key in self._client.scan_iter(pattern) if key != self._keys.events.encode()]

    def _dump(self, key: bytes) -> bytes:
        dump: bytes = self._client.dump(key)  # type: ignore[assignment]
        return dump
