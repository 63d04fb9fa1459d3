"""The console script as an operator uses it."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass

from tests.acceptance.site import Site
from worker.cli import main


@dataclass(frozen=True)
class Said:
    """What a command left."""

    code: int
    out: str
    err: str


def clm(site: Site, *arguments: str, **changes: str) -> Said:
    """Run a command in a site's environment, with some variables changed."""
    out, err = io.StringIO(), io.StringIO()
    with (
        _environment({**site.environment, **changes}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            code = main(list(arguments))
        except SystemExit as ended:  # argparse ends this way on bad usage
            code = int(str(ended.code))
    return Said(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
