"""Files of an archive, on a disk or anywhere fsspec reaches; each appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, Protocol

from clm.errors import ConfigurationError, MissingLibrary

PART = ".part"
"""Suffix of a file that is being written."""


class ArchiveFiles(Protocol):
    """Files by their path below the archive, with forward slashes."""

    def names(self, under: str) -> list[str]:
        """The paths of the files below a folder; none where there is no such folder."""

    def read(self, name: str) -> bytes: ...

    def write(self, name: str, data: bytes) -> None:
        """Write a file in one go; what had the name before is replaced."""

    def tidy(self) -> None:
        """Remove what a killed writer left half done; only for the one that owns the archive."""


class LocalFiles:
    """A directory on a local or mounted disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self, under: str) -> list[str]:
        """The paths of the files below a folder."""
        found = (self._root / under).rglob("*")
        return [
            each.relative_to(self._root).as_posix()
            for each in found
            if each.is_file() and each.suffix != PART
        ]

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        return (self._root / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        """Write beside it, make that durable, then rename."""
        place = self._root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=place.parent, suffix=PART)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(place)
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def tidy(self) -> None:
        """Remove files that were never finished."""
        for part in self._root.rglob(f"*{PART}"):
            part.unlink(missing_ok=True)


class RemoteFiles:
    """An object store: a written object is there whole or not at all."""

    def __init__(self, url: str) -> None:
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise MissingLibrary(f"archive {url} needs fsspec ({error}): pip install fsspec") from error
        try:
            found: Any = url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise ConfigurationError(f"archive {url} cannot be opened: {error}") from error
        self._files, self._root = found[0], str(found[1]).rstrip("/")

    def names(self, under: str) -> list[str]:
        """The paths of the objects below a folder."""
        self._files.invalidate_cache()
        try:
            found = self._files.find(f"{self._root}/{under}")
        except FileNotFoundError:
            return []
        return [name[len(self._root) + 1 :] for name in found]

    def read(self, name: str) -> bytes:
        """The bytes of an object."""
        data: bytes = self._files.cat_file(f"{self._root}/{name}")
        return data

    def write(self, name: str, data: bytes) -> None:
        """Put an object."""
        self._files.pipe_file(f"{self._root}/{name}", data)

    def tidy(self) -> None:
        """Nothing is ever half done here."""


def files_at(place: str) -> ArchiveFiles:
    """The files at a directory, or at a URL such as ``s3://bucket/clm``.

    Raises:
        MissingLibrary, ConfigurationError: the URL needs a library that is not there.
    """
    return RemoteFiles(place) if "://" in place else LocalFiles(Path(place))
