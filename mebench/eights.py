"""Eight float32 at a time in compiled loops, where the compiler does not see that it could.

A loop over many arrays is compiled one value at a time, for any two of them might overlap; split
into loops of one operation each, it loads and stores every step between. With this type a loop says
itself what happens to eight neighbours at once. Each operation is that of eight single floats, to
the last bit: nothing is contracted or reordered.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

__all__ = [
    "LANES",
    "at_least",
    "eight",
    "floor",
    "goes_on",
    "larger",
    "load",
    "load_bytes",
    "look_up",
    "multiply_add",
    "rounded",
    "smaller",
    "store",
    "store_bytes",
    "store_places",
    "store_row_places",
    "store_side_by_side",
]

#: How many.
LANES = 8

_FLOAT, _INT32 = ir.FloatType(), ir.IntType(32)
_VECTOR = ir.VectorType(_FLOAT, LANES)


class _Eight(types.Type):
    def __init__(self) -> None:
        super().__init__(name="eight float32")


EIGHT = _Eight()


@register_model(_Eight)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


def _arithmetic(operation: Any, instruction: str) -> None:
    @infer_global(operation)
    class _Template(ConcreteTemplate):
        cases = (signature(EIGHT, EIGHT, EIGHT),)

    @lower_builtin(operation, EIGHT, EIGHT)
    def _lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return getattr(builder, instruction)(*arguments)


for _operation, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
):
    _arithmetic(_operation, _instruction)


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """Of eight floats from an index on; the array's values lie one behind the other."""
    data = context.make_array(array_type)(context, builder, array).data
    first = builder.gep(data, [index])
    return builder.bitcast(first, _VECTOR.as_pointer())


def _is_plain(array: Any, dtype: Any = types.float32) -> bool:
    return isinstance(array, types.Array) and array.dtype == dtype and array.layout == "C"


@intrinsic
def load(typing: Any, array: Any, index: Any) -> Any:
    """Eight values from `index` on, of an array taken as one row."""

    def built(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        where = _address(context, builder, signature.args[0], *arguments)
        return builder.load(where, align=4)

    return (EIGHT(array, types.intp), built) if _is_plain(array) else None


@intrinsic
def load_bytes(typing: Any, array: Any, index: Any) -> Any:
    """The same of an array of uint8."""

    def built(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, index = arguments
        data = context.make_array(signature.args[0])(context, builder, array).data
        kind = ir.VectorType(ir.IntType(8), LANES)
        where = builder.bitcast(builder.gep(data, [index]), kind.as_pointer())
        return builder.uitofp(builder.load(where, align=1), _VECTOR)

    return (EIGHT(array, types.intp), built) if _is_plain(array, types.uint8) else None


@intrinsic
def store(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """Write eight values from `index` on."""

    def built(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        where = _address(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], where, align=4)
        return context.get_dummy_value()

    if not (_is_plain(array) and value == EIGHT):
        return None
    return types.void(array, types.intp, EIGHT), built


def _everywhere(builder: Any, value: Any) -> Any:
    nothing = ir.Constant(ir.VectorType(value.type, LANES), ir.Undefined)
    one = builder.insert_element(nothing, value, _INT32(0))
    return _shuffled(builder, one, one, [0] * LANES)


def _shuffled(builder: Any, a: Any, b: Any, places: list[int]) -> Any:
    mask = ir.Constant(ir.VectorType(_INT32, len(places)), [_INT32(p) for p in places])
    return builder.shuffle_vector(a, b, mask)


@intrinsic
def eight(typing: Any, value: Any) -> Any:
    """One float32, eight times."""

    def built(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _everywhere(builder, arguments[0])

    return (EIGHT(types.float32), built) if value == types.float32 else None


def _called(name: str, count: int) -> Any:
    """A function of LLVM of `count` values at each of the eight places."""

    def typed(typing: Any, *kinds: Any) -> Any:
        def built(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = ir.FunctionType(_VECTOR, [_VECTOR] * count)
            function = builder.module.declare_intrinsic(f"llvm.{name}.v{LANES}f32", (), kind)
            return builder.call(function, arguments)

        return EIGHT(*[EIGHT] * count), built

    if count == 1:
        return intrinsic(lambda typing, a: typed(typing, a))
    if count == 2:
        return intrinsic(lambda typing, a, b: typed(typing, a, b))
    return intrinsic(lambda typing, a, b, c: typed(typing, a, b, c))


floor: Any = _called("floor", 1)
rounded: Any = _called("rint", 1)
larger: Any = _called("maxnum", 2)
smaller: Any = _called("minnum", 2)
#: a * b + c, rounded once where the processor can; this is the one whose last bit may differ.
multiply_add: Any = _called("fmuladd", 3)


@intrinsic
def at_least(typing: Any, a: Any, b: Any) -> Any:
    """One where a >= b, else zero."""

    def built(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.uitofp(builder.fcmp_ordered(">=", *arguments), _VECTOR)

    return EIGHT(EIGHT, EIGHT), built


@intrinsic
def store_places(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """Write eight whole numbers into an array of uint32, from `index` on."""

    def built(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = ir.VectorType(_INT32, LANES)
        where = _address(context, builder, signature.args[0], *arguments[:2])
        where = builder.bitcast(where, whole.as_pointer())
        builder.store(builder.fptosi(arguments[2], whole), where, align=4)
        return context.get_dummy_value()

    if not (_is_plain(array, types.uint32) and value == EIGHT):
        return None
    return types.void(array, types.intp, EIGHT), built


@intrinsic
def store_row_places(typing: Any, array: Any, index: Any, rows: Any, width: Any, first: Any) -> Any:
    """Write where eight neighbours are, from column `first` on, each in a row of its own."""

    def built(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, index, rows, width, first = arguments
        whole = ir.VectorType(_INT32, LANES)
        rows = builder.fptosi(rows, whole)
        width, first = (_everywhere(builder, builder.trunc(n, _INT32)) for n in (width, first))
        columns = builder.add(first, ir.Constant(whole, list(range(LANES))))
        where = _address(context, builder, signature.args[0], array, index)
        places = builder.add(builder.mul(rows, width), columns)
        builder.store(places, builder.bitcast(where, whole.as_pointer()), align=4)
        return context.get_dummy_value()

    if not (_is_plain(array, types.uint32) and rows == EIGHT):
        return None
    return types.void(array, types.intp, EIGHT, types.intp, types.intp), built


@intrinsic
def store_bytes(typing: Any, array: Any, index: Any, values: Any) -> Any:
    """Write whole numbers of 0 to 255 into an array of uint8, from `index` on.

    `values` is a tuple of one to three; those of a place come to lie beside each other.
    """

    def built(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, index, planes = arguments
        planes = [builder.extract_value(planes, i) for i in range(len(values))]
        kind = ir.VectorType(ir.IntType(8), LANES)
        planes = [builder.trunc(builder.fptosi(p, ir.VectorType(_INT32, LANES)), kind)
                  for p in planes]  # fmt: skip
        count = len(planes)
        together = planes[0]
        if count > 1:
            together = _shuffled(builder, planes[0], planes[1], list(range(2 * LANES)))
        if count > 2:
            third = _shuffled(builder, planes[2], planes[2], list(range(2 * LANES)))
            together = _shuffled(builder, together, third, list(range(3 * LANES)))
        order = [LANES * channel + lane for lane in range(LANES) for channel in range(count)]
        together = _shuffled(builder, together, together, order)
        data = context.make_array(signature.args[0])(context, builder, array).data
        where = builder.bitcast(builder.gep(data, [index]), together.type.as_pointer())
        builder.store(together, where, align=1)
        return context.get_dummy_value()

    are_ours = isinstance(values, types.UniTuple) and values.dtype == EIGHT and len(values) <= 3
    if not (_is_plain(array, types.uint8) and are_ours):
        return None
    return types.void(array, types.intp, values), built


@intrinsic
def goes_on(typing: Any, places: Any, index: Any) -> Any:
    """Whether eight whole numbers from `index` on are the next after the one before them."""

    def built(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        places, index = arguments
        data = context.make_array(signature.args[0])(context, builder, places).data
        whole = ir.VectorType(_INT32, LANES)
        here = builder.bitcast(builder.gep(data, [index]), whole.as_pointer())
        before = builder.load(builder.gep(data, [builder.sub(index, index.type(1))]))
        ahead = builder.add(_everywhere(builder, before), ir.Constant(whole, list(range(1, 9))))
        same = builder.icmp_unsigned("==", builder.load(here, align=4), ahead)
        every = builder.bitcast(same, ir.IntType(LANES))
        return builder.icmp_unsigned("==", every, every.type(2**LANES - 1))

    if not _is_plain(places, types.uint32):
        return None
    return types.boolean(places, types.intp), built


@intrinsic
def look_up(
    typing: Any, pixels: Any, rows: Any, columns: Any, wx: Any, wy: Any, x: Any, width: Any
) -> Any:
    """Five values of a picture at eight places, each between four pixels.

    The places are read from memory: taken out of registers, they would cost more than the rest.

    Parameters
    ----------
    pixels : array (height, width, 8) float32
        Of each pixel eight values, of which five are looked at.
    rows, columns : array (n,) uint32
        The upper left of the four pixels.
    wx, wy : array (n,) float32
        How far from there towards the right and lower ones.
    x : integer
        Where the eight places begin in these arrays.
    width : integer
        Pixels from row to row.
    """

    def built(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pixels, rows, columns, wx, wy, start, width = arguments
        kind = signature.args[0]
        kinds = dict(zip(("rows", "columns", "wx", "wy"), signature.args[1:5], strict=True))

        def value(name: str, array: Any, lane: int) -> Any:
            data = context.make_array(kinds[name])(context, builder, array).data
            return builder.load(builder.gep(data, [builder.add(start, start.type(lane))]))

        found = []
        for lane in range(LANES):
            y, x = (
                builder.zext(value(name, array, lane), width.type)
                for name, array in (("rows", rows), ("columns", columns))
            )
            first = builder.mul(builder.add(builder.mul(y, width), x), width.type(LANES))
            below = builder.add(first, builder.mul(width, width.type(LANES)))
            across = _everywhere(builder, value("wx", wx, lane))
            down = _everywhere(builder, value("wy", wy, lane))
            a, b = (
                _between_two(builder, _address(context, builder, kind, pixels, index), across)
                for index in (first, below)
            )
            found.append(_between(builder, a, b, down))
        return context.make_tuple(builder, signature.return_type, _turned(builder, found)[:5])

    if not _is_plain(pixels):
        return None
    result = types.UniTuple(EIGHT, 5)
    return result(pixels, rows, columns, wx, wy, types.intp, types.intp), built


@intrinsic
def store_side_by_side(
    typing: Any, pixels: Any, index: Any, a: Any, b: Any, c: Any, d: Any, e: Any
) -> Any:
    """Write five values of each of eight pixels as :func:`look_up` wants them, and three zeros."""

    def built(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pixels, index, *rows = arguments
        rows += [ir.Constant(_VECTOR, [0.0] * LANES)] * (LANES - len(rows))
        for lane, row in enumerate(_turned(builder, rows)):
            first = builder.mul(builder.add(index, index.type(lane)), index.type(LANES))
            builder.store(
                row, _address(context, builder, signature.args[0], pixels, first), align=4
            )
        return context.get_dummy_value()

    if not _is_plain(pixels):
        return None
    return types.void(pixels, types.intp, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT), built


def _between(builder: Any, a: Any, b: Any, weight: Any) -> Any:
    return builder.fadd(a, builder.fmul(builder.fsub(b, a), weight))


def _between_two(builder: Any, first: Any, weight: Any) -> Any:
    """Between eight values and the next eight."""
    a, b = (builder.load(at, align=4) for at in (first, builder.gep(first, [_INT32(1)])))
    return _between(builder, a, b, weight)


def _turned(builder: Any, rows: list[Any]) -> list[Any]:
    """Rows and columns of eight times eight values exchanged."""
    for step in (1, 2, 4):
        low = [i for i in range(LANES) if not i & step]
        turned = list(rows)
        for i in low:
            a, b = rows[i], rows[i + step]
            places = [j if not j & step else LANES + j - step for j in range(LANES)]
            turned[i] = _shuffled(builder, a, b, places)
            places = [j + step if not j & step else LANES + j for j in range(LANES)]
            turned[i + step] = _shuffled(builder, a, b, places)
        rows = turned
    return rows
