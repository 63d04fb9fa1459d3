"""What installing compiles: every loop, so that no process waits for the compiler later."""

from __future__ import annotations

import json
import subprocess
import sys

#: Prints the functions of our compiled modules that are called from Python and were not compiled. A process of
#: its own: in this one other tests have compiled what they needed.
LEFT = """
import ast, importlib, inspect, json, pkgutil
import clm.decisions.compiled, clm.store.compiled
from clm.store.compiled.__main__ import main

def called(module):
    for each in ast.parse(inspect.getsource(module)).body:
        if isinstance(each, ast.FunctionDef) and any(ast.unparse(d) == "compiled" for d in each.decorator_list):
            yield each.name

main()
names = [
    each.name
    for package in (clm.decisions.compiled, clm.store.compiled)
    for each in pkgutil.iter_modules(package.__path__, package.__name__ + ".")
]
modules = {name: importlib.import_module(name) for name in names}
found = [(name, one) for name, module in modules.items() for one in called(module)]
print(json.dumps([len(found), [each for each in found if not getattr(modules[each[0]], each[1]).signatures]]))
"""


def test_installing_compiles_every_loop_that_python_calls() -> None:
    told = subprocess.run([sys.executable, "-c", LEFT], capture_output=True, text=True, check=True).stdout
    found, left = json.loads(told)
    assert found >= 8
    assert left == []
