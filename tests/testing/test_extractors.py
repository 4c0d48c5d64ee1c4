"""Every extractor of mebench keeps the rules; and the check sees who breaks them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import numpy as np
import pytest
from sklearn.base import TransformerMixin
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

import mebench.features
from mebench import LBPTOP
from mebench.base import ClipStep, Extractor
from mebench.features import CompletedPatterns, FrameMDMO
from mebench.features.motion import FlowExtractor
from mebench.features.patterns import PatternExtractor
from mebench.testing import check_extractor, make_clips

#: What others derive from.
ABSTRACT = {FlowExtractor, PatternExtractor}


def transformers() -> list[type]:
    """All that turn clips, or another transformer's rows, into rows."""
    found = set()
    for info in pkgutil.walk_packages(mebench.features.__path__, "mebench.features."):
        module = importlib.import_module(info.name)
        for _, kind in inspect.getmembers(module, inspect.isclass):
            ours = kind.__module__ == info.name and issubclass(kind, TransformerMixin)
            if ours and not issubclass(kind, ClipStep) and kind not in ABSTRACT:
                found.add(kind)
    return sorted(found, key=lambda kind: kind.__name__)


#: What must be missing for a refusal, beside what all need.
NEEDS = {
    "MDMO": {"landmarks": True, "apex": False},
    "FrameMDMO": {"landmarks": True, "apex": False},
    "GraphSparseMDMO": {"landmarks": True, "apex": False},
    "FDM": {"landmarks": True, "apex": False},
    "BiWOOF": {"landmarks": False, "apex": True},
    "BiWOOFPhase": {"landmarks": False, "apex": True},
}
#: After it, rows only: its input comes from another.
FRONT = {
    "GraphSparseMDMO": lambda: FrameMDMO(n_frames=5),
    "PatternCodebook": lambda: CompletedPatterns(regions=(2, 2)),
    "VarianceRatio": lambda: LBPTOP(regions=(2, 2)),
    "WhitenedPCA": lambda: LBPTOP(regions=(2, 2)),
}
#: Smaller than the defaults, to be quick; and what does not look at labels.
PARAMS = {
    "GraphSparseMDMO": {"n_atoms": 8},
    "LBPTOP": {"radii": (1, 1, 1), "regions": (3, 3)},
    "ColourLBPTOP": {"regions": (2, 2)},
    "ELBPTOP": {"regions": (2, 2)},
    "PatternCodebook": {"init": "frequent"},
    "VarianceRatio": {"k": "all"},
}


def test_they_are_found() -> None:
    names = {kind.__name__ for kind in transformers()}
    assert names >= {"LBPTOP", "MDMO", "HOOF", "BiWOOF", "FFT3D", "FrameMDMO", "GraphSparseMDMO"}


@pytest.mark.parametrize("kind", transformers(), ids=lambda kind: kind.__name__)
def test_extractor_keeps_the_rules(kind: type) -> None:
    extractor = kind(**PARAMS.get(kind.__name__, {}))
    if kind.__name__ in FRONT:
        extractor = make_pipeline(FRONT[kind.__name__](), extractor)
    needs = NEEDS.get(kind.__name__, {"landmarks": False, "apex": False})
    # Interpolated or resized values are not whole, and rounding may tip the direction of a flow
    # vector over the edge of its bin.
    check_extractor(extractor, rtol=1e-3, **needs)


@pytest.mark.parametrize("kind", transformers(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("regions", ["mdmo", "kato", "au9+au10"])
def test_landmark_regions(kind: type, regions: str) -> None:
    if "regions" not in kind().get_params():
        pytest.skip("it has no regions")
    small = {"radii": (1, 1, 1)} if kind is LBPTOP else {}
    extractor = kind(regions=regions, **small)
    rows = extractor.transform(make_clips(2, ragged=True))
    assert rows.shape == (2, extractor.n_features)
    assert np.ptp(rows, axis=0).any()
    with pytest.raises(ValueError, match="landmarks"):
        extractor.transform(make_clips(1, landmarks=False))


class _Base(Extractor):
    """Mean and contrast: an extractor that keeps the rules."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale

    def _row(self, clip):  # type: ignore[no-untyped-def]
        frames = clip.frames[..., 0] if clip.frames.ndim == 4 else clip.frames
        return np.array([self.scale * frames.mean(dtype=float), frames.std(dtype=float)])

    def _names(self):  # type: ignore[no-untyped-def]
        return ["mean", "contrast"]


class _Altered(_Base):
    def __init__(self, scale: float = 1.0) -> None:
        self.scale = float(np.float32(scale) + 0.5)


class _FewNames(_Base):
    def _names(self):  # type: ignore[no-untyped-def]
        return ["mean"]


class _SameNames(_Base):
    def _names(self):  # type: ignore[no-untyped-def]
        return ["mean", "mean"]


class _Ranked(_Base):
    def transform(self, X):  # type: ignore[no-untyped-def]
        return super().transform(X).argsort(axis=0).astype(float)


class _Ordered(_Base):
    def transform(self, X):  # type: ignore[no-untyped-def]
        rows = super().transform(X)
        return rows - (np.arange(len(rows)) // 2)[:, None]


class _ReadsId(_Base):
    def _row(self, clip):  # type: ignore[no-untyped-def]
        return super()._row(clip) + len(clip.id)


class _Random(_Base):
    def _row(self, clip):  # type: ignore[no-untyped-def]
        return super()._row(clip) + np.random.default_rng().random()


class _ReadsLabels(_Base):
    def fit(self, X, y=None):  # type: ignore[no-untyped-def]
        self.shift_ = float("".join(map(str, y)).count("a"))
        return super().fit(X)

    def _row(self, clip):  # type: ignore[no-untyped-def]
        return super()._row(clip) + getattr(self, "shift_", 0.0)


class _Writes(_Base):
    def _row(self, clip):  # type: ignore[no-untyped-def]
        clip.source[0] = 0
        return super()._row(clip)


class _ByType(_Base):
    def _row(self, clip):  # type: ignore[no-untyped-def]
        return super()._row(clip) / (255 if clip.frames.dtype == np.uint8 else 1)


class _Divides(_Base):
    def _row(self, clip):  # type: ignore[no-untyped-def]
        row = super()._row(clip)
        return row / row[1] if row[1] else np.full(2, np.inf)


class _Lenient(_Base):
    def _row(self, clip):  # type: ignore[no-untyped-def]
        return np.nan_to_num(super()._row(clip))


def test_a_simple_extractor_passes() -> None:
    check_extractor(_Base(), landmarks=False, apex=False)
    check_extractor(make_pipeline(_Base(), PCA(1, random_state=0)))  # one that learns


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (_Altered, "untouched"),
        (_FewNames, "1 names for 2 columns"),
        (_SameNames, "names repeat"),
        (_Ranked, "other clips are left out"),
        (_Ordered, "left out|order"),
        (_ReadsId, "id"),
        (_Random, "second transform"),
        (_ReadsLabels, "labels"),
        (_Writes, "have been changed"),
        (_ByType, "float32"),
        (_Divides, "not finite|one grey level"),
        (_Lenient, "NaN"),
    ],
)
def test_a_broken_rule_is_seen(kind: type, message: str) -> None:
    with pytest.raises((AssertionError, ValueError), match=message):
        check_extractor(kind())


def test_missing_landmarks_must_raise_if_it_is_said_so() -> None:
    with pytest.raises(AssertionError, match="without landmarks must raise"):
        check_extractor(_Base(), landmarks=True)
    with pytest.raises(AssertionError, match="without apex must do"):
        check_extractor(mebench.features.BiWOOF(), apex=False)


def test_clips_are_as_ordered() -> None:
    clips = make_clips(3, ragged=True, colour=True, dtype="float32", apex=False, landmarks=False)
    assert [clip.frames.shape[3] for clip in clips] == [3, 3, 3]
    assert len({clip.frames.shape for clip in clips}) == 3
    assert all(c.apex is None and c.landmarks is None for c in clips)
    grey = make_clips(1)[0]
    assert grey.frames.dtype == np.uint8 and 5 < grey.frames.std() < 60
    assert np.abs(np.diff(grey.frames.astype(int), axis=0)).max() > 2  # something moves
