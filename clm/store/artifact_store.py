"""Bundles on disk and in memory, by the sha256 of their bytes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from clm.errors import CorruptArtifact

SHA256 = re.compile(r"[0-9a-f]{64}")


class DirectoryArtifactStore:
    """A directory of bundles, e.g. ``ab/cdef…``; a bundle appears whole or not at all."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)

    def put(self, data: bytes) -> str:
        """Store bytes atomically; their sha256 (hex)."""
        name = hashlib.sha256(data).hexdigest()
        place = self._place(name)
        if place.exists():
            return name
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(place)
        return name

    def get(self, sha256: str) -> bytes:
        """The bytes. Raises CorruptArtifact when they are missing or do not match."""
        if not SHA256.fullmatch(sha256):
            raise CorruptArtifact(f"{sha256!r} is no sha256: the registry's record is damaged")
        try:
            data = self._place(sha256).read_bytes()
        except OSError as error:
            raise CorruptArtifact(f"bundle {sha256} cannot be read from {self._path}: {error}") from error
        return verified(data, sha256)

    def remove(self, sha256: str) -> None:
        """Forget the bytes; none there changes nothing."""
        if SHA256.fullmatch(sha256):
            self._place(sha256).unlink(missing_ok=True)

    def _place(self, name: str) -> Path:
        return self._path / name[:2] / name[2:]


class MemoryArtifactStore:
    """Bundles in a dictionary."""

    def __init__(self) -> None:
        self._bundles: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        """Keep bytes; their sha256 (hex)."""
        name = hashlib.sha256(data).hexdigest()
        self._bundles[name] = data
        return name

    def get(self, sha256: str) -> bytes:
        """The bytes. Raises CorruptArtifact when they are missing or do not match."""
        if sha256 not in self._bundles:
            raise CorruptArtifact(f"bundle {sha256} is not in this memory store")
        return verified(self._bundles[sha256], sha256)

    def remove(self, sha256: str) -> None:
        """Forget the bytes; none there changes nothing."""
        self._bundles.pop(sha256, None)


def verified(data: bytes, sha256: str) -> bytes:
    """The bytes, if they are what the hash says. Raises CorruptArtifact."""
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise CorruptArtifact(f"bundle {sha256} has the bytes of {found}: restore it or train again")
    return data
