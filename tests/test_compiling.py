"""Numba's options compared quickly are as equal as they were."""

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
