"""What numba is spared changes nothing of what it finds and makes."""

from __future__ import annotations

import json
import subprocess
import sys

# In a process of its own, since it lasts.
CODE = """
import json
from numba.core.compiler import Flags
from numba.core.targetconfig import TargetConfig

class Other(TargetConfig):
    pass

def flags(**options):
    made = Flags()
    for name, value in options.items():
        setattr(made, name, value)
    return made

all = [flags(), flags(nrt=False), flags(nrt=True), flags(nrt=True, no_cfunc_wrapper=True),
       flags(no_cfunc_wrapper=True, nrt=True), flags(fastmath={"nnan"}), flags(fastmath={"nsz"}),
       Other(), 3, None]
before = [[a == b for b in all] for a in all]
same_hash = [[hash(a) == hash(b) for b in all[:8]] for a in all[:8]]

from mebench.compiling import compile_quickly
compile_quickly()
from numba import njit

@njit
def double(x):
    return 2 * x

after = [[a == b for b in all] for a in all]
alike = all_fit = True
for i, a in enumerate(all[:8]):
    for b in all[:8]:
        all_fit &= a != b or hash(a) == hash(b)
print(json.dumps([before, after, all_fit, double(4), TargetConfig.__eq__.__module__]))
"""


def test_equal_options_stay_equal_and_others_different():
    printed = subprocess.run(
        [sys.executable, "-c", CODE], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    before, after, hashes_fit, eight, where = json.loads(printed)
    assert before == after
    assert sum(map(sum, before)) > len(before)  # more are equal than each to itself
    assert hashes_fit
    assert eight == 8
    assert where == "mebench.compiling"


TWICE = """
import json, sys
import numpy as np
from mebench.compiling import compile_quickly
for _ in range(int(sys.argv[1])):
    compile_quickly()
from numba import njit
from numba.core.cpu import CPUContext
from numba.core.errors import TypingError
from numba.core.types.functions import BaseFunction

inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)

@inner
def product(x, y):
    total = 0.0
    for t in range(len(x)):
        total += x[t] * y[t]
    return total

@inner
def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)

@inner
def checked(n):
    if n < 0:
        raise ValueError("below 0")
    return factorial(n) + min(n, 3) - max(2.5, n)

@njit
def outer(x, n):
    return product(x, x) + checked(n)

@njit(error_model="numpy")
def over(x):
    return 1 / x

@njit
def never_over(x):
    return 1 / x

@njit
def impossible(x):
    return x + None

called = njit(no_cpython_wrapper=True)(lambda x: x + 1)

@njit
def of(function, x):
    return function(x)

def raised(function, *arguments):
    try:
        return repr(function(*arguments))
    except Exception as error:
        return type(error).__name__

x = np.arange(5.0)
print(json.dumps([
    outer(x, 5), outer(x.astype(np.float32), 5), raised(outer, x, -1), raised(over, 0.0),
    raised(never_over, 0.0), raised(impossible, 1), raised(impossible, 1), of(called, 2),
    CPUContext.get_executable.__module__, BaseFunction.get_call_type.__module__,
]))
"""


def run(*arguments: str) -> list:
    printed = subprocess.run(
        [sys.executable, "-c", TWICE, *arguments], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    return json.loads(printed)


def test_functions_compiled_quickly_do_what_they_did():
    *slowly, context, function = run("0")
    assert "mebench.compiling" not in (context, function)
    assert slowly[:3] == [30 + 120 + 3 - 5, 30 + 120 + 3 - 5, "ValueError"]
    assert slowly[3:] == ["inf", "ZeroDivisionError", "TypingError", "TypingError", 3]
    assert run("2") == [*slowly, "mebench.compiling", "mebench.compiling"]
