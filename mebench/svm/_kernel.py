"""Kernel values, as libsvm rounds them: computed in double, kept in single precision."""

from __future__ import annotations

from ._compiled import inner

__all__ = ["kernel_row", "kernel_rows", "power"]

_LARGEST = 3e38


@inner
def power(x: float, degree: int) -> float:
    """x to a whole power by repeated squaring, multiplied in libsvm's order."""
    out = 1.0
    while degree > 0:
        if degree % 2 == 1:
            out *= x
        x *= x
        degree //= 2
    return out


@inner
def kernel_row(row, columns, degree, gamma, coef0, out, base, value) -> None:  # type: ignore[no-untyped-def]
    """Write (γ·row + r)^d for the columns of a pair into ``out``; ``row`` is one of products.

    The same operations as :func:`power`, of all columns together, so that they are done several at
    once. ``base`` and ``value`` are room for a row.
    """
    n = len(columns)
    for j in range(n):
        base[j] = gamma * row[columns[j]] + coef0
    left = degree
    while left > 1 and left % 2 == 0:
        for j in range(n):
            base[j] *= base[j]
        left //= 2
    for j in range(n):
        value[j] = base[j] if left > 0 else 1.0
    left //= 2
    while left > 0:
        for j in range(n):
            base[j] *= base[j]
        if left % 2 == 1:
            for j in range(n):
                value[j] *= base[j]
        left //= 2
    for j in range(n):  # what no training sample reaches may be beyond single precision
        out[j] = min(max(value[j], -_LARGEST), _LARGEST)


@inner
def kernel_rows(gram, rows, columns, degree, gamma, coef0, out, base, value) -> None:  # type: ignore[no-untyped-def]
    """:func:`kernel_row` of each of the rows."""
    for i in range(len(rows)):
        kernel_row(gram[rows[i]], columns, degree, gamma, coef0, out[i], base, value)
