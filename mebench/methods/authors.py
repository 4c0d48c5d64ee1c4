"""Networks as their authors built and trained them; small siblings of those too large for a CPU."""

from __future__ import annotations

from typing import Any

from .cnn import network_method
from .method import Method

__all__ = ["METHODS"]

_OULU = (
    'Davidov et al., "Emotion Engine – Micro-Expression Recognition with Deep Learning", '
    "University of Oulu"
)
_CAIRO = (
    'Marzban, "Facial Micro-Expression Analysis Using Deep Learning", German University in '
    "Cairo, 2025"
)
_TOYAMA = (
    'Hata, Hirose and Takano, "Performance Evaluation of Micro-Expression Recognition with '
    'Various Network Design Variations", Toyama Prefectural University'
)

#: As in the notebooks: two heads, inputs as they come, no early stopping, no augmentation.
_ENGINE: dict[str, Any] = {
    "targets": "both",
    "learning_rate": 1e-4,
    "patience": None,
    "schedule": "plateau",
    "class_weight": "inverse",
    "unit_weight": 2.0,
    "augmentations": {},
    "standardise": False,
}
_ENGINES = {
    "3dcnn": ("flow", {"epochs": 30, "batch_size": 4}, "residual 3D-CNN"),
    "cnn-bilstm": ("flow", {"epochs": 25, "batch_size": 4}, "3D convolution, CNN, BiLSTM"),
    "spectrum": ("spectrum", {"epochs": 60, "batch_size": 4}, "residual CNN of spectra"),
}
_INPUTS = {
    "flow": "flow and strain between eight frames",
    "magnified": "eight magnified frames",
    "magnified-flow": "flow and strain of magnified frames",
    "flow-lbp": "flow, strain and LBP of magnified frames",
    "spectrum": "block-wise Fourier amplitudes of magnified frames",
}


def _engine(kind: str, seen: str) -> Method:
    usual, settings, words = _ENGINES[kind]
    name = f"emotion-engine-{kind}" + ("" if seen == usual else f"-{seen}")
    return network_method(
        name, f"emotion-engine-{kind}", f"engine-{seen}", size=224, family="authors",
        title=f"Emotion Engine: {words} on {_INPUTS[seen]}", citation=_OULU,
        **{**_ENGINE, **settings},
    )  # fmt: skip


def _bilstm(name: str, size: int, n_frames: int, words: str) -> Method:
    return network_method(
        name, "marzban-cnn-bilstm", "padded", size=size, n_frames=n_frames, family="authors",
        title=f"CNN of {n_frames} frames of {size}×{size}, flattened, and BiLSTM{words}",
        citation=_CAIRO, epochs=50, batch_size=1, patience=10, validation=0.2,
        monitor="accuracy", copies="rare",
        augmentations={"flip": 0.5, "brightness": 15.0, "contrast": 0.15},
    )  # fmt: skip


def _resnet50(called: str, size: int, n_frames: int, words: str, **options: Any) -> Method:
    return network_method(
        called, "marzban-resnet50", "grey", size=size, n_frames=n_frames, family="authors",
        title=f"{options.get('name', 'ResNet50')} of single frames{words}",
        citation=f"{_CAIRO} (in the manner of)", options=options, frames=True,
        epochs=50, batch_size=32, class_weight=None, augmentations={"flip": 0.5, "shift": 0.1},
    )  # fmt: skip


def _toyama(
    abn: bool, arcface: bool, three: bool, rois: bool, small: bool = False
) -> Method:  # fmt: skip
    parts = {"abn": abn, "arcface": arcface, "3frames": three, "rois": rois, "small": small}
    named = [key for key, there in parts.items() if there]
    options: dict[str, Any] = {"attention": abn, "head": "arcface" if arcface else "softmax"}
    if small:
        options |= {"widths": (16, 32, 64, 128), "depth": 1}
    words = [
        "attention branch" if abn else "", "ArcFace" if arcface else "",
        "onset, middle and apex" if three else "the apex frame",
        "15 regions" if rois else "full face", "small sibling" if small else "",
    ]  # fmt: skip
    return network_method(
        "-".join(["toyama-resnet", *named]), "toyama-resnet", "three" if three else "apex",
        size=96, rois="kato" if rois else False, family="authors",
        title=f"ResNet: {', '.join(w for w in words if w)}",
        citation=f"{_TOYAMA} (in the manner of)", options=options,
        optimizer="sgd", learning_rate=1e-3, epochs=100, batch_size=16, patience=None,
        validation=0.0, class_weight=None, copies=10,
        augmentations={"rotation": 5.0, "flip": 0.5, "contrast": 0.15},
    )  # fmt: skip


_FOUND = [
    *(_engine(kind, seen) for kind in _ENGINES for seen in _INPUTS),
    _bilstm("marzban-cnn-bilstm", 224, 60, ""),
    _bilstm("marzban-cnn-bilstm-small", 56, 16, " (small sibling)"),
    _resnet50("marzban-resnet50", 224, 16, ""),
    _resnet50("marzban-resnet50-one-frame", 224, 1, ", one of each clip"),
    _resnet50("marzban-resnet50-small", 96, 4, " (small sibling)", name="MobileNetV2"),
    *(
        _toyama(abn, arcface, three, rois)
        for rois in (False, True)
        for three in (False, True)
        for abn in (False, True)
        for arcface in (False, True)
    ),
    _toyama(False, False, False, False, small=True),
    _toyama(True, True, True, True, small=True),
]

#: Every network under the name that ``--method`` takes.
METHODS = {method.name: method for method in _FOUND}
