"""Matrices on disk: feature frames as numpy archives, which hold numbers and text and never a pickle.

The columns come back bit by bit. A file appears whole or not at all, and begins with the sha256 of the rest.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import structlog

from clm.errors import CorruptArtifact

if TYPE_CHECKING:
    import pandas as pd

KEPT = 16
"""Matrices that are kept, those used last."""

LOCKS = 16
"""Files that whoever makes a matrix holds one of, by its name."""

PATIENCE_S = 10.0
"""Longest wait for another's matrix, seconds: a process that was frozen holds its lock for ever."""

LOOK_S = 0.005
"""Between two tries to take a lock, seconds."""

COLUMNS, CODES = "columns", "<i8"
"""The entries that name the columns with their types, and that hold text and times as whole numbers."""

HASH_BYTES = 32
"""Length of a sha256."""

log = structlog.get_logger(__name__)


class DirectoryMatrices:
    """A directory of matrices that the workers of a machine, or of a shared disk, have in common."""

    def __init__(self, path: Path | str, kept: int = KEPT, patience_s: float = PATIENCE_S) -> None:
        self._path, self._kept, self._patience_s = Path(path), kept, patience_s

    def held(self, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """The frame of a name. Who asks first makes it; who asks meanwhile waits for that, within patience.

        A file that was damaged is made again; one that cannot be written costs no training.
        """
        self._path.mkdir(parents=True, exist_ok=True)
        place = self._path / f"{name}.matrix"
        with self._alone(name) as alone:
            try:
                frame = unpacked(place.read_bytes())
                place.touch()  # used last
            except (OSError, CorruptArtifact):
                frame = make()
                if alone:  # else whoever holds the lock may be writing
                    self._keep(place, packed(frame))
        return frame

    def _keep(self, place: Path, data: bytes) -> None:
        part = place.with_suffix(".part")
        try:
            part.write_bytes(data)
            part.replace(place)
        except OSError as error:
            log.warning("matrix not kept", path=str(place), error=str(error))
        for old in sorted(self._path.glob("*.matrix"), key=_used)[: -self._kept]:
            old.unlink(missing_ok=True)

    @contextmanager
    def _alone(self, name: str) -> Iterator[bool]:
        """Whether the lock was got, which ends with the file or with whoever holds it."""
        with (self._path / f"lock-{int(name[:8], 16) % LOCKS}").open("wb") as lock:
            deadline = time.monotonic() + self._patience_s
            while not (got := _locked(lock)) and time.monotonic() < deadline:
                time.sleep(LOOK_S)
            if not got:
                log.warning("matrix not waited for", path=lock.name, seconds=self._patience_s)
            yield got


def packed(frame: pd.DataFrame) -> bytes:
    """A frame as few arrays: one (columns, rows) per type of number, and codes with words for text.

    Raises:
        ValueError: a column is neither numbers, times in UTC nor text.
    """
    import numpy as np

    kinds = [[name, str(frame[name].dtype)] for name in frame.columns]
    blocks: dict[str, list[Any]] = {}
    arrays: dict[str, Any] = {}
    for name, _ in kinds:
        values = _numbers(frame[name])
        if values is None:
            values, words = frame[name].factorize()
            arrays[f"words {name}"] = np.asarray(words, dtype=np.str_)
        blocks.setdefault(values.dtype.str, []).append(values)
    arrays |= {COLUMNS: np.asarray(json.dumps(kinds)), **{k: np.stack(v) for k, v in blocks.items()}}
    body = io.BytesIO()
    np.savez(body, allow_pickle=False, **arrays)
    return sha256(body.getbuffer()).digest() + body.getbuffer()


def unpacked(data: bytes) -> pd.DataFrame:
    """The frame in a file's bytes. Raises CorruptArtifact when they are not what was written."""
    import numpy as np
    import pandas as pd

    body = memoryview(data)[HASH_BYTES:]
    if sha256(body).digest() != data[:HASH_BYTES]:
        raise CorruptArtifact("a matrix has other bytes than its sha256 says: it is made again")
    with np.load(io.BytesIO(body), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    rows = {name: iter(block) for name, block in arrays.items() if block.ndim == 2}
    made = {}
    for name, kind in json.loads(str(arrays[COLUMNS])):
        words = arrays.get(f"words {name}")
        if words is not None:
            made[name] = pd.Series(words.astype(object)[next(rows[CODES])], dtype=kind)
        elif kind.startswith("datetime64"):
            made[name] = pd.Series(next(rows[CODES])).astype(kind)
        else:
            made[name] = next(rows[np.dtype(kind).str])
    return pd.DataFrame(made)


def _numbers(column: pd.Series[Any]) -> Any:
    """The numbers of a column, times as counts of their unit; None for text."""
    if column.dtype.kind == "M":
        return column.astype("int64").to_numpy()
    if column.dtype.kind in "biuf":
        return column.to_numpy()
    if not all(isinstance(word, str) for word in column.unique()):
        raise ValueError(f"column {column.name} of a matrix is {column.dtype}: only numbers, times, text go")
    return None


def _locked(lock: IO[bytes]) -> bool:
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _used(place: Path) -> float:
    try:
        return place.stat().st_mtime
    except FileNotFoundError:  # another worker dropped it
        return 0.0
