"""Method: a recipe from clips to labels, with the citation that belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import BadInput

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

__all__ = ["Method"]


@dataclass(frozen=True)
class Method:
    """A named recipe.

    Parameters
    ----------
    name : str
        As ``--method`` takes it.
    build : callable
        Gives a new, unfitted pipeline from clips to labels.
    grid : str, dict or list, optional
        Grid over the SVM's parameters (:func:`mebench.svm.points`), where the pipeline ends in
        a :class:`mebench.svm.PolySVC`.
    tune : dict, optional
        Other parameters to be tuned: names as in ``Pipeline.set_params``, and their values.
    title : str
        What it is, in a line.
    citation : str
        The paper to cite.
    colour : bool, default False
        Whether it needs RGB frames.
    family : str, default 'handcrafted'
        The group that it is a member of (:data:`mebench.methods.FAMILIES`).
    dimension : int, optional
        Length of the feature vector, said here so that listing methods builds none; 0 where the
        data or the network decide. Default: asked of the pipeline (:meth:`n_features`).
    heads : dict, optional
        Other ways to end, by name: each gives a pipeline, as `build` does for the usual one,
        which is the first of them.
    """

    name: str
    build: Callable[[], BaseEstimator]
    grid: Any = None
    tune: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    title: str = ""
    citation: str = ""
    colour: bool = False
    family: str = "handcrafted"
    dimension: int | None = None
    heads: Mapping[str, Callable[[], BaseEstimator]] = field(default_factory=dict)

    def with_head(self, head: str | None) -> Method:
        """The method with another head; None leaves it as it is.

        Raises
        ------
        BadInput
            It has no head of that name.
        """
        if head is None or (self.heads and head == next(iter(self.heads))):
            return self
        if head not in self.heads:
            there = f"it has {', '.join(self.heads)}" if self.heads else "it has no choice of heads"
            raise BadInput(f"Method {self.name} has no head {head!r}: {there}.")
        return replace(
            self,
            name=f"{self.name}+{head}",
            build=self.heads[head],
            title=f"{self.title}; {head} head",
        )

    def with_detector(self, detector: str | None) -> Method:
        """The method with faces found otherwise than by dlib; None leaves it as it is.

        Its name then ends in ``@`` and the detector's, so that its runs are told apart. A method
        that looks for no faces stays as it is.

        Raises
        ------
        BadInput, DataNotFound
            There is no such detector (:func:`mebench.preprocessing.choose_detector`), or its model
            file is not here.
        """
        from ..preprocessing import choose_detector

        if detector is None or (chosen := choose_detector(detector)) == "dlib":
            return self
        if not _face_finders(self.build()):
            return self
        kind = chosen.partition(":")[0]
        return replace(
            self, name=f"{self.name}@{kind}", build=partial(_detecting, self.build, chosen),
            title=f"{self.title}; faces by {kind}",
            heads={k: partial(_detecting, build, chosen) for k, build in self.heads.items()},
        )  # fmt: skip

    def n_features(self) -> int | None:
        """Length of the feature vector; None where it depends on the data."""
        if self.dimension is not None:
            return self.dimension or None
        steps = getattr(self.build(), "steps", [])
        widths = [s.n_features for _, s in steps if isinstance(getattr(s, "n_features", None), int)]
        return widths[-1] if widths else None


def _face_finders(pipeline: BaseEstimator) -> list[str]:
    """The parameters of a pipeline that are steps looking for faces, at any depth."""
    from ..preprocessing import FindLandmarks

    return [k for k, v in pipeline.get_params().items() if isinstance(v, FindLandmarks)]


def _detecting(build: Callable[[], BaseEstimator], detector: str) -> BaseEstimator:
    pipeline = build()
    return pipeline.set_params(**{f"{k}__detector": detector for k in _face_finders(pipeline)})
