"""Numba made to compile faster in a process of our own."""

from __future__ import annotations

import gc
from functools import partial
from importlib import import_module
from typing import Any

__all__ = ["compile_quickly"]


def compile_quickly() -> None:
    """Spare numba what it does again and again, for the rest of this process.

    What it compiles computes the same and is kept in the same places, in three quarters of the
    time. A numba that is built otherwise than this expects is left as it is, piece by piece.
    """
    from numba.core import codegen, cpu, targetconfig
    from numba.core.types import functions

    gc.freeze()  # what was imported stays: nobody has to look through it while compiling
    options: Any = targetconfig.TargetConfig
    if {"_values", "values"} <= set(dir(options())):
        _compare_by_what_was_set(options)
    known: Any = functions.BaseFunction
    if "get_call_type" in vars(known) and options.__eq__ is _equal:
        _remember_types(known, targetconfig.ConfigStack)
    library: Any = codegen.JITCodeLibrary
    if {*_STEPS, "finalize", "_finalize_final_module"} <= set(dir(library)):
        _leave_out_machine_code(cpu.CPUContext, library)


def _compare_by_what_was_set(options: Any) -> None:
    """Compare numba's options by the few that were set.

    At each call that it compiles, numba looks up options in a table, which means comparing them.
    It does so by asking two objects for each of some twenty options by name, and finds all objects
    under one hash, which it computes anew.
    """
    options.__eq__ = _equal
    options.__hash__ = _one_hash


def _equal(a: Any, b: Any) -> Any:
    if a is b:
        return True
    if not hasattr(b, "_values"):
        return NotImplemented
    if type(a) is not type(b):
        return a.values() == b.values()
    # Options that were never set have their class's defaults.
    set_in_one = a._values.keys() | b._values.keys()
    return all(getattr(a, name) == getattr(b, name) for name in set_in_one)


def _one_hash(config: Any) -> int:
    """Of the names of the options, as numba's own, which are those of the class."""
    return hash(type(config))


def _remember_types(function: Any, stack: Any) -> None:
    """Find out once what `a + b` is of two numbers, not at each sum.

    To find out, numba tries the ways that a function is known to be called, one after the other,
    and writes a message about each that does not fit; fifteen of sixteen times it did so before.
    """
    find_out = function.get_call_type
    if find_out.__module__ == __name__:
        return
    known: dict[Any, Any] = {}

    def get_call_type(self: Any, context: Any, args: Any, kws: Any) -> Any:
        options = stack.top_or_none()
        question = (self, context, tuple(args), tuple(sorted(kws.items())))
        answer = known.get((question, options))
        if answer is None:
            answer = find_out(self, context, args, kws)
            as_they_were = options and options.copy()  # they go on to be changed
            known[question, as_they_were] = answer
        return answer

    function.get_call_type = get_call_type


_STEPS = ("_finalize_dynamic_globals", "_verify_declare_only_symbols")


def _leave_out_machine_code(context: Any, library_type: Any) -> None:
    """Write no machine code of functions that only compiled ones call.

    Their callers take them over as they are before that, and write their machine code themselves.
    """
    make_function = import_module("numba._dynfunc").make_function
    with_code = context.get_executable
    if with_code.__module__ == __name__:
        return

    def get_executable(self: Any, library: Any, fndesc: Any, env: Any) -> Any:
        entrances = (fndesc.llvm_cpython_wrapper_name, fndesc.llvm_cfunc_wrapper_name)
        if type(library) is not library_type or any(_holds(library, name) for name in entrances):
            return with_code(self, library, fndesc, env)
        library._finalize_final_module = partial(_end_without_code, library)
        library.finalize()
        name = fndesc.qualname.split(".")[-1]
        # As numba makes it of a function without an entrance for Python: it stands for the function
        # in numba's tables, and cannot be called.
        return make_function(fndesc.lookup_module(), name, "", 0, env, (library,))

    context.get_executable = get_executable


def _holds(library: Any, name: str) -> bool:
    """Whether there is such a function, or there is no way to tell any more."""
    if library._finalized:
        return True
    try:
        library._final_module.get_function(name)
    except NameError:
        return False
    return True


def _end_without_code(library: Any) -> None:
    for step in _STEPS:
        getattr(library, step)()
    library._finalized = True
    del library._finalize_final_module
