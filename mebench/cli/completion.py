"""What the shell offers behind TAB: names, without importing what has them."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

from .. import plugins

__all__ = ["KNOWN", "complete", "known_names"]

#: The names of each kind, in the order of `mebench list`. The lists of the library cost numpy and
#: pandas, for which nobody waits behind TAB; tests/cli/test_completion.py holds the two together.
KNOWN: dict[str, tuple[str, ...]] = {
    "datasets": (
        "4dme", "casme", "casme-sq", "casme2", "casme3a", "casme3c", "ckplus", "dfme",
        "dfme-test-a", "dfme-test-b", "dfme-train", "meview", "mmew", "samm", "smic-hs",
        "smic-nir", "smic-vis", "synthetic", "megc2019", "megc2018", "emotion-engine",
        "cd6me",
    ),
    "long": (
        "synthetic-long", "smic-hs-long", "smic-vis-long", "smic-nir-long", "casme-sq-long",
        "samm-long", "casme3a-long", "casme3c-long", "megc2025-samm", "megc2025-cas",
    ),
    "methods": (
        "lbp-top", "mdmo", "sparse-mdmo", "bi-woof", "hoof", "3d-fft", "hog-top", "higo-top",
        "higo", "fhofo", "fdm", "osf", "osw-lbp-top", "bi-woof-phase", "glmm-lbp-top",
        "frame-lbp", "lbp-sip", "lbp-mop", "lbp-xyot", "elbptop", "cbp-top", "stclqp",
        "stlbp-ip", "tics-lbp-top", "megc2019-lbp-top", "osf-osw", "lbp-cbp-top", "cnn-svm",
        "cnn-ststnet", "cnn-off-apexnet", "cnn-residual-3d", "cnn-residual-3d-fft",
        "cnn-conv3d-bilstm", "cnn-bilstm", "cnn-attention", "cnn-backbone",
        *(
            f"emotion-engine-{kind}{seen}"
            for kind in ("3dcnn", "cnn-bilstm")
            for seen in ("", "-magnified", "-magnified-flow", "-flow-lbp", "-spectrum")
        ),
        *(
            f"emotion-engine-spectrum{seen}"
            for seen in ("", "-flow", "-magnified", "-magnified-flow", "-flow-lbp")
        ),
        "marzban-cnn-bilstm", "marzban-cnn-bilstm-small", "marzban-resnet50",
        "marzban-resnet50-one-frame", "marzban-resnet50-small",
        *(
            f"toyama-resnet{''.join(parts)}"
            for parts in product(("", "-abn"), ("", "-arcface"), ("", "-3frames"), ("", "-rois"))
        ),
        "toyama-resnet-small", "toyama-resnet-abn-arcface-3frames-rois-small",
    ),
    "families": ("handcrafted", "combination", "cnn", "authors"),
    "spotters": ("trajectory", "lbp", "hoof", "mdmd", "strain", "fft"),
    "protocols": (
        "loso", "group-kfold", "holdout", "cross-database", "leave-one-database-out",
        "composite", "dfme-2024", "dfme-10fold", "lovo", "kfold", "random-split",
    ),
    "measures": ("accuracy", "uf1", "uar", "weighted_f1", "war"),
    "labels": (
        "3class", "4class", "5class", "7class", "8class", "all", "au", "objective",
        "objective5",
    ),
    "grids": ("thesis", "coarse", "linear"),
    "detectors": ("dlib", "yunet", "mediapipe", "retinaface"),
    "recipes": (
        "bi-woof", "cd6me", "cnn-svm-hybrid", "dfme", "elbptop", "emotion-engine",
        "emotion-engine-persons", "kato2021", "lbp-top-baselines", "marzban-clips",
        "marzban-frames", "megc2018", "megc2019", "spotting", "toyama", "varanka2020",
    ),
    "tunings": ("nested", "oracle", "fixed"),
    "inner": ("loso", "group-kfold:5", "group-kfold:10"),
    "lists": (
        "datasets", "long", "methods", "spotters", "detectors", "protocols", "measures",
        "labels", "flows", "grids",
    ),
}  # fmt: skip


def known_names(kind: str) -> list[str]:
    """Names of a kind: ours, then those of installed packages."""
    ours = KNOWN[kind]
    return [*ours, *(name for name in plugins.named(kind) if name not in ours)]


def complete(*kinds: str, joined: bool = False) -> Callable[[str], list[str]]:
    """The ``autocompletion`` of an option or argument that takes names.

    Parameters
    ----------
    *kinds : str
        Keys of :data:`KNOWN`.
    joined : bool, default False
        Several may stand between ``+``, after the name of a combination and ``:``; the last of
        them is completed.

    Examples
    --------
    >>> complete("protocols")("lo")
    ['loso', 'lovo']
    >>> complete("datasets", joined=True)("casme2+sam")
    ['casme2+samm']
    """

    def offered(incomplete: str) -> list[str]:
        before = ""
        if joined and (found := re.match(r".*[+:]", incomplete)):
            before = found[0]
        begun = incomplete[len(before) :].lower()
        names = dict.fromkeys(name for kind in kinds for name in known_names(kind))
        return [before + name for name in names if name.lower().startswith(begun)]

    return offered
