"""mebench: honest benchmarks for facial micro-expression recognition."""

from __future__ import annotations

from .lazy import on_touch

__version__ = "0.1.0"

# Where each public name lives. Loaded on first touch, so that `import mebench` stays fast.
_HOMES = {
    "Clip": "clip",
    "FrameFiles": "clip",
    "Samples": "datasets",
    "load": "datasets",
    "evaluate": "evaluation",
    "get_protocol": "evaluation",
    "BiWOOF": "features",
    "FFT3D": "features",
    "HOOF": "features",
    "LBPTOP": "features",
    "MDMO": "features",
    "FrameMDMO": "features",
    "GraphSparseMDMO": "features",
    "get_method": "methods",
    "AlignFace": "preprocessing",
    "FindLandmarks": "preprocessing",
    "TIM": "preprocessing",
    "Predictions": "scoring",
    "PolySVC": "svm",
}

__all__ = ["__version__", *sorted(_HOMES)]


__getattr__ = on_touch(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
