"""How a loop over arrays becomes machine code: once per machine, kept by its source until that changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

CLM = Path(__file__).parent
SOURCES = ("machine.py", "**/compiled/*.py", "decisions/sequential/*.py")
"""Where functions are compiled, as patterns below the package."""
CONSTANTS = (
    "decisions/aim.py",
    "decisions/layout.py",
    "events.py",
    "store/admission.py",
    "store/batch_reader.py",
    "store/wire.py",
)
"""Whose constants are written into them."""


def compiled(function: Function) -> Function:
    """A function over numbers and arrays as machine code, to be called from Python.

    It runs without the interpreter's lock, so that leases are renewed meanwhile. Floats are IEEE doubles in
    the order that is written (no fast maths): the interpreter gives the same bits, with NUMBA_DISABLE_JIT=1.
    Arrays come from the caller and none is made, which spares counting references in the loop (four times
    as fast, measured).
    """
    return _made(function)


def part(function: Function) -> Function:
    """A part of compiled functions, written into each: passing arrays costs more than most parts do.

    It is not compiled for itself, which takes longer than compiling it as a part of the others.
    """
    return _made(function, inline="always")


def apart(function: Function) -> Function:
    """A part that is called: it does enough at a time for that, and is compiled once."""
    return _made(function)


def _made(function: Function, **more: Any) -> Function:
    options: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
    njit: Any = numba.njit  # its types know no such options
    made: Function = njit(**options, **more)(function)
    kept: Any = getattr(made, "_cache", None)  # none where nothing is compiled
    if kept is not None:
        kept._cache_file._source_stamp = stamp()
    return made


def sources() -> list[Path]:
    """The files that machine code is made of."""
    return sorted({*chain.from_iterable(CLM.glob(each) for each in SOURCES), *map(CLM.joinpath, CONSTANTS)})


@cache
def stamp() -> str:
    """What machine code on disk has to be of.

    Numba looks at a function's own file only, and would go on with parts and constants that have changed
    in another one.
    """
    seen = [(str(each), each.stat().st_mtime_ns, each.stat().st_size) for each in sources()]
    return hashlib.sha256(repr((numba.__version__, seen)).encode()).hexdigest()
