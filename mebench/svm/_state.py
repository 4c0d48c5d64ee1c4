"""What the fits of a pair of classes look at, leave behind and work in."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Anchor", "Fits", "Pair", "Room", "Solved"]


class Pair(NamedTuple):
    """The samples of two classes, first those of a. Arrays are padded to whole lanes."""

    kernel: Any  # (n, padded) of float32; the first m rows are those of the pair
    diagonal: Any
    single: Any  # the same in single precision
    y: Any  # 1, −1; 0 in the padding
    weight: Any
    place: Any  # (n,) of a sample in the pair; m or more outside
    m: int
    first: int  # samples of class a
    largest: float  # kernel value on the diagonal
    ridge: float  # of the tables


class Fits(NamedTuple):
    """The plan, and the factor of C per fit and class."""

    depth: Any
    removed_ptr: Any
    removed_idx: Any
    test_ptr: Any
    test_idx: Any
    factor: Any


class Solved(NamedTuple):
    """The latest fit of each depth (0: everything, 1: outer, 2: inner), for every C."""

    share: Any  # (3, padded) of C; 0 where left out
    beta: Any  # (3, k, padded)
    v: Any
    bias: Any  # (3, k)
    near: Any  # decision values nearer to 0 are in doubt
    pinned: Any  # whether free samples pin the bias
    there: Any  # (3,) whether both classes are
    end: Any  # (3,) index of the largest C that changes anything
    fit: Any  # (3,)
    gone: Any  # (3, m) samples left out of the fit that are not of its parent's
    n_gone: Any  # (3,)


class Anchor(NamedTuple):
    """The solution that proposals start from: of everything, or of an outer fold far from it."""

    depth: Any  # (1,)
    source: Any  # (k,) whose table serves a C
    usable: Any
    tables: Any
    state: Any  # (k, 4, padded), see propose
    base: Any  # (k, padded)
    hint: Any  # (k, MOVES) samples on another side in the latest outer fit
    n_hint: Any


class Room(NamedTuple):
    """Arrays to work in."""

    lo: Any
    hi: Any
    up: Any
    low: Any
    gain: Any
    near: Any
    work: Any
    out: Any
    moved: Any
    gone: Any
    small: Any
    right: Any
    columns: Any  # (PIVOTS, padded), and so the next
    factors: Any
    block: Any
    held: Any  # (n,) decision values of the latest C
