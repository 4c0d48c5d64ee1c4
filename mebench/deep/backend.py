"""Keras: imported on first use, with an error that says how to get it, and made repeatable."""

from __future__ import annotations

import os
import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib import metadata
from typing import Any

import numpy as np

from ..errors import MebenchError

__all__ = ["BackendMissing", "load_keras", "load_tensorflow", "repeatable", "versions"]

# Keras keeps seeds, names and graphs in global places: one network trains at a time.
_lock = threading.RLock()


class BackendMissing(MebenchError, ImportError):
    """Keras or its backend is not installed, or is not the one that is needed."""


def load_keras() -> Any:
    """The module ``keras``, on TensorFlow.

    Raises
    ------
    BackendMissing
        It is not installed, or runs on another backend.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    try:
        with _silent() if "tensorflow" not in sys.modules else nullcontext():
            import keras
            import tensorflow  # noqa: F401
    except ImportError as error:
        raise BackendMissing(
            f"Networks need Keras 3 and TensorFlow, which cannot be imported ({error}): run "
            "pip install 'mebench[keras]' (in a checkout: '.[keras]'). Everything else works "
            "without them."
        ) from error
    if keras.backend.backend() != "tensorflow":
        raise BackendMissing(
            f"Keras runs on {keras.backend.backend()} here; networks are trained on TensorFlow: "
            "set KERAS_BACKEND=tensorflow before Keras is imported."
        )
    return keras


@contextmanager
def _silent() -> Iterator[None]:
    """Nothing reaches standard error: TensorFlow greets there before it can be told not to."""
    sys.stderr.flush()
    try:
        saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # there is no standard error
        yield
        return
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def load_tensorflow() -> Any:
    """The module ``tensorflow``; raises as :func:`load_keras`."""
    load_keras()
    import tensorflow

    return tensorflow


@contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Inside, Keras does the same each time; one thread at a time gets in.

    TensorFlow's deterministic operations stay switched on afterwards (it has no way back); the
    states of ``random`` and of NumPy's global generator are put back.
    """
    with _lock:
        keras, tf = load_keras(), load_tensorflow()
        tf.config.experimental.enable_op_determinism()
        python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
        keras.utils.set_random_seed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002


def versions() -> str:
    """Versions on which a trained network depends, without importing anything."""
    return " ".join(
        f"{name}={_version(name)}" for name in ("keras", "tensorflow-cpu", "tensorflow", "numpy")
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"
