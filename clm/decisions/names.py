"""Names: a number for each producer and for each key (model type, version, symbol, horizon).

Inside a fold events are rows of numbers; the numbers mean something to their fold only, and a saved state
holds the names themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = np.dtype([("digest", "u8"), ("place", "i8"), ("number", "i8"), ("code", "i8")])
"""A slot of an open table: hash, where the bytes stand in the arena, the horizon of a key, the code."""

FIRST_SLOTS, FIRST_BYTES = 256, 4096


@dataclass(frozen=True, slots=True)
class Key:
    """What predictions of one kind have in common."""

    model_type: str
    version: str
    symbol: str
    horizon: int  # bars


class Table:
    """Codes by the bytes of their names, laid out for the compiled look-up."""

    def __init__(self) -> None:
        self.slots: NDArray[np.void] = _free(FIRST_SLOTS)
        self.arena: NDArray[np.uint8] = np.zeros(FIRST_BYTES, np.uint8)
        self._end, self._count = 0, 0

    def add(self, parts: Sequence[str], number: int, code: int) -> None:
        """Enter a name of several parts and a number; it is not there yet."""
        from clm.decisions.compiled.spans import digest_of, enter

        texts = [part.encode() for part in parts]
        whole = np.frombuffer(b"".join(texts) + b"\0", np.uint8)
        digest = digest_of(whole, np.cumsum([len(text) for text in texts]))
        self._count += 1
        if 2 * self._count > len(self.slots):
            self._widen()
        enter(self.slots, np.uint64(digest), self._write(texts), number, code)

    def _write(self, texts: Sequence[bytes]) -> int:
        whole = b"".join(len(text).to_bytes(2, "little") + text for text in texts)
        if self._end + len(whole) > len(self.arena):
            self.arena = np.concatenate([self.arena, np.zeros(len(self.arena) + len(whole), np.uint8)])
        place = self._end
        self.arena[place : place + len(whole)] = np.frombuffer(whole, np.uint8)
        self._end += len(whole)
        return place

    def _widen(self) -> None:
        from clm.decisions.compiled.spans import enter

        old, self.slots = self.slots, _free(2 * len(self.slots))
        for row in old[old["code"] >= 0]:
            enter(self.slots, row["digest"], row["place"], row["number"], row["code"])


class Names:
    """Producers and keys of one fold, in the order they were met."""

    def __init__(self) -> None:
        self.producers: list[str] = []
        self.keys: list[Key] = []
        self.producer_table, self.key_table = Table(), Table()
        self._producer_codes: dict[str, int] = {}
        self._key_codes: dict[Key, int] = {}

    def producer(self, p: str) -> int:
        """The code of a producer, a new one if it is not known."""
        code = self._producer_codes.get(p)
        if code is None:
            code = self._producer_codes[p] = len(self.producers)
            self.producers.append(p)
            self.producer_table.add((p,), 0, code)
        return code

    def key(self, key: Key) -> int:
        """The code of a key, a new one if it is not known."""
        code = self._key_codes.get(key)
        if code is None:
            code = self._key_codes[key] = len(self.keys)
            self.keys.append(key)
            self.key_table.add((key.model_type, key.version, key.symbol), key.horizon, code)
        return code

    def keep(self, producers: Iterable[int], keys: Iterable[int]) -> tuple[list[int], list[int]]:
        """Forget all others; the old codes of producers and keys in the order of their new ones."""
        kept, old_keys = sorted(set(producers)), sorted(set(keys))
        names, wanted = [self.producers[code] for code in kept], [self.keys[code] for code in old_keys]
        self.__init__()  # type: ignore[misc]
        for p in names:
            self.producer(p)
        for key in wanted:
            self.key(key)
        return kept, old_keys


def _free(slots: int) -> NDArray[np.void]:
    table = np.zeros(slots, NAME)
    table["code"] = -1
    return table
