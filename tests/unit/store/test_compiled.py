"""What installing compiles: every loop, so that no process waits for the compiler later."""

from __future__ import annotations

import json
import subprocess
import sys

#: Prints how many functions of our compiled modules are called from Python, and which were not compiled. A
#: process of its own: in this one other tests have compiled what they needed.
LEFT = """
import ast, importlib, inspect, json, pkgutil
import clm.decisions.compiled, clm.store.compiled
from clm.store.compiled.__main__ import main

def called(module):
    body = ast.parse(inspect.getsource(module)).body
    functions = [each for each in body if isinstance(each, ast.FunctionDef)]
    return [each.name for each in functions if "compiled" in map(ast.unparse, each.decorator_list)]

main()
names = [
    each.name
    for package in (clm.decisions.compiled, clm.store.compiled)
    for each in pkgutil.iter_modules(package.__path__, package.__name__ + ".")
]
names += ["clm.decisions.sequential." + each for each in ("holdout_gate", "mixture")]
modules = {name: importlib.import_module(name) for name in names}
found = [(name, one) for name, module in modules.items() for one in called(module)]
left = [one for name, one in found if not getattr(modules[name], one).signatures]
print(json.dumps([len(found), left]))
"""


def test_installing_compiles_every_loop_that_python_calls() -> None:
    told = subprocess.run([sys.executable, "-c", LEFT], capture_output=True, text=True, check=True).stdout
    found, left = json.loads(told)
    assert found >= 8
    assert left == []
