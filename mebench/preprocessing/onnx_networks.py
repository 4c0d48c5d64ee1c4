"""Neural networks from ONNX files, run by OpenCV: read once, and at the size that they ask for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..errors import BadInput

__all__ = ["Network", "input_size", "read_network"]

_per_thread = threading.local()


class Network(NamedTuple):
    """A network, and the size of the picture that it was written for.

    Attributes
    ----------
    net : cv2.dnn.Net
    size : (H, W) or None
        None where any size will do.
    """

    net: Any
    size: tuple[int, int] | None

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what it gives."""
        return tuple(self.net.getUnconnectedOutLayersNames())

    def run(self, blob: np.ndarray) -> list[np.ndarray]:
        """All outputs for an input ``(1, 3, H, W)``, in the order of :attr:`outputs`."""
        self.net.setInput(blob)
        return list(self.net.forward(self.outputs))


def read_network(file: str) -> Network:
    """An ONNX network; one per thread, since they keep what they computed.

    Raises
    ------
    BadInput
        OpenCV cannot read it.
    """
    nets: dict[str, Network] = _per_thread.__dict__.setdefault("onnx", {})
    if file not in nets:
        import cv2

        try:
            size = input_size(file)
            nets[file] = _that_runs(file, size)
        except (cv2.error, IndexError) as error:
            raise BadInput(
                f"{file} is not an ONNX file that OpenCV can read. Is it the network itself, and "
                "not the page that shows it or a Git LFS pointer to it, and made for any "
                "machine? Files that ONNX Runtime has optimised hold steps of its own."
            ) from error
    return nets[file]


def _that_runs(file: str, size: tuple[int, int] | None) -> Network:
    """By the engine of OpenCV that can: its newer one does not know all that its older one does."""
    import cv2

    blank = np.zeros((1, 3, *(size or (64, 64))), np.float32)
    engines = [{"engine": cv2.dnn.ENGINE_CLASSIC}] if hasattr(cv2.dnn, "ENGINE_CLASSIC") else []
    for how in ({}, *engines):
        try:
            network = Network(cv2.dnn.readNetFromONNX(file, **how), size)
            network.run(blank)
        except cv2.error:
            if how == (engines[-1] if engines else {}):
                raise
            continue
        break
    return network


def input_size(file: str) -> tuple[int, int] | None:
    """Height and width of the input that a file names; None where it leaves one of them open.

    Raises
    ------
    IndexError
        It is no ONNX file.
    """
    with open(file, "rb") as stream:
        content = memoryview(stream.read())
    # ModelProto.graph; GraphProto.initializer and .input; ValueInfoProto.name and .type;
    # TypeProto.tensor_type; its shape; the dimensions of that; and of each its dim_value.
    graph = _part(content, 7)
    weights = {bytes(_part(tensor, 8)) for tensor in _fields(graph, 5)}
    for value in _fields(graph, 11):
        if bytes(_part(value, 1)) in weights:  # older files call their weights inputs
            continue
        sides = [next(_fields(d, 1), 0) for d in _fields(_part(value, 2, 1, 2), 1)]
        if len(sides) == 4 and all(isinstance(side, int) and side > 0 for side in sides[2:]):
            return sides[2], sides[3]
        return None
    return None


def _part(message: Any, *path: int) -> Any:
    """The first field of this number, of that the first one of the next number, and so on."""
    for number in path:
        message = next(_fields(message, number), None)
        if not isinstance(message, memoryview):
            raise IndexError(f"no field {number}")
    return message


def _fields(message: Any, number: int) -> Iterator[Any]:
    """The values of one field of a Protocol Buffers message: whole numbers, or parts of it."""
    at = 0
    if not isinstance(message, memoryview):
        raise IndexError("a number, where a part was expected")
    while at < len(message):
        key, at = _whole_number(message, at)
        value: Any = None
        kind = key & 7
        if kind == 0:
            value, at = _whole_number(message, at)
        elif kind == 2:
            length, at = _whole_number(message, at)
            if at + length > len(message):
                raise IndexError("a part that is longer than the whole")
            value, at = message[at : at + length], at + length
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise IndexError("no Protocol Buffers message")
        if key >> 3 == number:
            yield value


def _whole_number(message: Any, at: int) -> tuple[int, int]:
    """A number in seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        shift, at = shift + 7, at + 1
        if not byte & 128:
            return value, at
