"""A box: some files in an uncompressed zip without times, so that the same content gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

OLDEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def boxed(files: Mapping[str, bytes]) -> bytes:
    """The files, by name, as one zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as box:
        for name, data in files.items():
            box.writestr(zipfile.ZipInfo(name, OLDEST_ZIP_DATE), data)
    return buffer.getvalue()


def unboxed(data: bytes) -> dict[str, bytes]:
    """The files of a zip. Raises zipfile.BadZipFile or ValueError when it is none, or damaged."""
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        return {name: box.read(name) for name in box.namelist()}
