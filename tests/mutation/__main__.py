"""``make mutants``: does a test notice every changed threshold or sign of the statistics of evidence?

Each mutant lives in a child process that imports it in the module's place, runs the module's examples and the
tests of ``tests/unit/decisions/sequential``, those of its own file first, and stops at the first failure. The
interpreter runs the loops (to the same bits as machine code). A mutant that nothing notices is printed and
makes the exit code 1, unless ``SAME`` says why it decides nothing.
"""

from __future__ import annotations

import argparse
import doctest
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

os.environ["NUMBA_DISABLE_JIT"] = "1"  # before numba is imported

import pytest

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.same import SAME

ROOT = Path(__file__).parents[2]
PACKAGE, TESTS = "clm.decisions.sequential", ROOT / "tests/unit/decisions/sequential"
FOLDER = ROOT / "clm/decisions/sequential"
BUDGETS = {"lord": "budgets", "e_lond": "budgets"}
PATIENCE_S = 300
"""A mutant that runs for longer has lost its way, which is noticed."""


class Overlay(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Puts a mutant in the place of its module."""

    def __init__(self, name: str, file: Path, source: str) -> None:
        self._name, self._file, self._source = name, file, source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The mutant's, or nobody's."""
        if fullname != self._name:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=str(self._file))

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutant's source."""
        exec(compile(self._source, str(self._file), "exec"), module.__dict__)


def noticed(file: Path, mutant: Mutant) -> bool:
    """Whether an example or a test fails with a mutant."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
    signal.alarm(PATIENCE_S)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    os._exit(_failed(file, mutant))


def _failed(file: Path, mutant: Mutant) -> int:
    name = f"{PACKAGE}.{file.stem}"
    sys.meta_path.insert(0, Overlay(name, file, mutant.source))
    try:
        examples = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    except Exception:  # noqa: BLE001, a module that cannot even be imported is noticed
        return 1
    if examples.failed:
        return 1
    every = sorted(TESTS.glob("test_*.py"))
    names = {file.stem, file.stem.removesuffix("_fold"), f"{file.stem}_fold", "rules", BUDGETS.get(file.stem)}
    own = [each for each in every if each.stem.removeprefix("test_") in names]
    return _ran(own) or _ran([each for each in every if each not in own])


def _ran(files: Sequence[Path]) -> int:
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--noconftest", *map(str, files)]))


def main() -> int:
    """Try all mutants of the chosen modules; 1 if one went unnoticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="names of modules, e.g. decay_fold; all by default")
    chosen = parser.parse_args().modules or sorted(each.stem for each in FOLDER.glob("[a-z]*.py"))
    lost = 0
    for stem in chosen:
        file = FOLDER / f"{stem}.py"
        source = file.read_text()
        if noticed(file, Mutant(0, "", "nothing", source)):
            raise SystemExit(f"{stem}: its tests fail without any change, so they would notice everything")
        tried = list(mutants(source))
        missed = [each for each in tried if not noticed(file, each)]
        unknown = [each for each in missed if (each.text, each.change) not in SAME]
        lost += len(unknown)
        same = len(missed) - len(unknown)
        _said(f"{stem:18s} {len(tried):4d} mutants, {same} decide nothing, {len(unknown)} unnoticed")
        for each in unknown:
            _said(f"  line {each.line}: {each.change}   in {each.text}")
    return int(lost > 0)


def _said(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
