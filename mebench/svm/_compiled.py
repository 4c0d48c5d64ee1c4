"""How the loops of a search are compiled, and what they are made of.

A comparison written in Python becomes a branch, and a loop with branches or with a running
maximum is done one sample at a time. :data:`larger`, :data:`smaller` and :func:`where` are single
instructions, so that a loop of them is done several samples at once. Values must be numbers: what
they give of nan is undefined.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

__all__ = ["exact", "fast", "inner", "inner_once", "larger", "lasting", "smaller", "where"]

# What is called from compiled functions only needs no entrance for Python, which with dozens of
# arrays costs more to compile than the rest, nor a place in numba's cache, since its callers are
# there with all that they call. To call such a function from Python ends the process.
_HOW: dict[str, Any] = {
    "nogil": True, "error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True,
}  # fmt: skip
try:
    # Functions that make no arrays need not count who holds those that they are given: where a fit
    # takes microseconds, that is half of them. The option has no official name, so do without.
    njit(**dict[str, Any](_nrt=False))
    _HOW["_nrt"] = False
except (KeyError, TypeError):  # pragma: no cover
    pass

#: Compiled for a loop that makes no arrays.
inner = njit(**_HOW)
#: The same for what is called from one place, of which it becomes a part.
inner_once = njit(**_HOW, inline="always")
#: Called from Python, and kept in numba's cache with all that it calls.
lasting = njit(**{**_HOW, "no_cpython_wrapper": False, "cache": True})
#: The same, but every operation as it is written, so that a result is the same to the last bit.
exact = njit(**_HOW, fastmath={"nnan", "ninf", "nsz"})
#: The same where the order of sums does not matter, and no value is nan or infinite.
fast = njit(**_HOW, fastmath={"nnan", "ninf", "nsz", "contract", "reassoc"})


def _of_two(name: str) -> Any:
    """A function of two numbers that is one instruction."""

    def typed(typing: Any, a: Any, b: Any) -> Any:
        def built(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = arguments[0].type
            signature = ir.FunctionType(kind, [kind, kind])
            function = builder.module.declare_intrinsic(f"llvm.{name}", [kind], signature)
            return builder.call(function, arguments, fastmath=("nnan", "ninf", "nsz"))

        if a not in (types.float32, types.float64):
            return None
        return a(a, a), built

    return intrinsic(typed)


larger: Any = _of_two("maxnum")
smaller: Any = _of_two("minnum")


@intrinsic
def _where(typing: Any, condition: Any, a: Any, b: Any) -> Any:
    """``a`` where the condition holds, else ``b``; both are evaluated."""

    def built(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(*arguments)

    if condition != types.boolean:
        return None
    return a(condition, a, a), built


where: Any = _where
