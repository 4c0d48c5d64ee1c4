"""All that several methods want of a clip, from one reading of it.

The steps of the methods form a tree: what begins alike is done once. Each clip is read, hashed and
decoded once; a value is let go when the last step that needs it is done. What comes out goes into
the cache, where each method finds it under the key that it has when it runs alone.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..clip import Clip, FrameFiles, VideoFile
from ..errors import BadInput, MebenchError
from ..flow.shared import sharing_flows
from ..parallel import in_order
from ..storage.cache import ArrayCache
from ..storage.memory import give_back
from .combination import Branches
from .extract import apply_step, first_key, signature

__all__ = ["Node", "clips_made", "extract_together", "held", "step_tree"]

_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
#: A step by those that lead to it: of each its class and its key.
Path = tuple[tuple[str, str], ...]
_DECODE = ("decode", "")


@dataclass
class Node:
    """A step of the tree, what follows it, and whether its result is somebody's feature."""

    step: Any
    key: str
    leaf: bool = False
    children: dict[str, Node] = field(default_factory=dict)


def step_tree(chains: Sequence[Sequence[Any]]) -> dict[str, Node]:
    """The steps of several methods as a tree, by what each step is and does.

    A chain ends where a step's class, version and parameters do not say all about it: its result
    cannot be kept, so the method that owns it computes it for itself.

    Examples
    --------
    >>> from mebench import HOOF, LBPTOP, TIM
    >>> tree = step_tree([[TIM(10), LBPTOP()], [TIM(10), HOOF()], [LBPTOP()]])
    >>> [(type(n.step).__name__, len(n.children)) for n in tree.values()]
    [('TIM', 2), ('LBPTOP', 0)]
    """
    tree: dict[str, Node] = {}
    for chain in (one for steps in chains for one in _branched(list(steps))):
        level, node = tree, None
        for step in chain:
            key = signature(step)
            if key is None:
                node = None
                break
            node = level.setdefault(key, Node(step, key))
            level = node.children
        if node is not None:
            node.leaf = True
    return tree


def _branched(steps: list[Any]) -> Iterator[list[Any]]:
    """A chain for each branch of a combination; one that has none is one chain."""
    for place, step in enumerate(steps):
        if isinstance(step, Branches):
            for branch in step.steps:
                yield from _branched([*steps[:place], *branch])
            return
    yield steps


def extract_together(
    chains: Sequence[Sequence[Any]],
    clips: Sequence[Clip],
    cache: ArrayCache,
    *,
    n_jobs: int | None = None,
    progress: Progress | None = None,
    made: Counter[str] | None = None,
) -> dict[str, float]:
    """Fill the cache with what every chain makes of every clip.

    What fails is left to the method that owns it, which says so in its own words.

    Parameters
    ----------
    chains : sequence of sequence of transformers that learn nothing
    clips : sequence of Clip
    cache : ArrayCache
    n_jobs : int, optional
        Threads; each holds one clip.
    progress : callable, optional
        Called with (done, total).
    made : Counter, optional
        Told what was not in the cache before; see :func:`clips_made`.

    Returns
    -------
    dict of str to float
        Seconds per kind of work, over all threads: ``decode``, then each class of step.
    """
    tree = step_tree(chains)
    if not tree or not clips:
        return {}
    spent: Counter[Path] = Counter()
    started = time.perf_counter()
    jobs = ((tree, clip, cache) for clip in clips)
    for done, (seconds, new) in enumerate(in_order(_one, jobs, n_jobs), 1):
        spent.update(seconds)
        if made is not None:
            made.update(new)
        if progress is not None:
            progress(done, len(clips))
    give_back()  # what the clips were in
    by_kind: Counter[str] = Counter()
    for path, seconds in spent.items():
        by_kind[path[-1][0]] += seconds
    words = ", ".join(f"{name} {value:.1f} s" for name, value in by_kind.most_common())
    _log.info("one pass over %d clips in %.2f s; over all threads: %s", len(clips),
              time.perf_counter() - started, words or "all from the cache")  # fmt: skip
    if spent:
        _log.info("  %s (%.1f s)", _DECODE[0], spent[(_DECODE,)])
        for line in _drawn(tree, spent, ()):
            _log.info("    %s", line)
    return dict(by_kind)


def clips_made(steps: Sequence[Any], made: Mapping[str, int]) -> int:
    """Of how many clips a pass computed what these steps make.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from mebench import LBPTOP
    >>> from mebench.testing import make_clips
    >>> cache, first, second = ArrayCache(mkdtemp()), Counter(), Counter()
    >>> for made in (first, second):
    ...     seconds = extract_together([[LBPTOP()]], make_clips(2), cache, made=made)
    >>> clips_made([LBPTOP()], first), clips_made([LBPTOP()], second)
    (2, 0)
    """
    chains = (list(map(signature, chain)) for chain in _branched(list(steps)))
    return max((made.get("".join(f" {key}" for key in keys), 0) for keys in chains), default=0)


def _one(
    tree: dict[str, Node], clip: Clip, cache: ArrayCache
) -> tuple[dict[Path, float], list[str]]:
    """The seconds that each step took, and of which steps the cache got a result."""
    spent: dict[Path, float] = defaultdict(float)
    try:
        start = first_key(clip)
    except MebenchError:  # a frame that cannot be read
        return {}, []
    wanted = {n for n in _leaves(tree, start) if n not in cache}
    if not wanted:
        return {}, []
    shown = held(clip, passing=_whole_readings(tree) == 1)
    with sharing_flows():
        _grown(tree, shown, start, wanted, cache, spent, ())
    spent[(_DECODE,)] += getattr(shown.source, "seconds", 0.0)
    return dict(spent), [key.removeprefix(start) for key in wanted if key in cache]


def _whole_readings(tree: dict[str, Node]) -> int:
    """How many steps ask for all of a clip's own frames."""
    return sum(
        _whole_readings(node.children) if _reads_few(node.step) else 1 for node in tree.values()
    )


def _reads_few(step: Any) -> bool:
    """Whether a step looks at single frames of a clip and leaves them as they are."""
    return bool(getattr(step, "reads_few", False))


def _leaves(tree: dict[str, Node], key: str) -> Iterator[str]:
    for name, node in tree.items():
        mine = f"{key} {name}"
        if node.leaf:
            yield mine
        yield from _leaves(node.children, mine)


def _grown(
    tree: dict[str, Node], value: Any, key: str, wanted: set[str], cache: ArrayCache,
    spent: dict[Path, float], path: Path,
) -> None:  # fmt: skip
    """Do the steps of a level on a value, and all that follows from each before the next."""
    # Single frames are read before all pass by, and are kept.
    for name, node in sorted(tree.items(), key=lambda item: not _reads_few(item[1].step)):
        mine = f"{key} {name}"
        below = set(_leaves(node.children, mine))
        if mine not in wanted and not below & wanted:
            continue
        started, before = time.perf_counter(), getattr(value, "source", None)
        decoding = getattr(before, "seconds", 0.0)
        try:
            out = apply_step(node.step, value, cache, mine)
        except Exception as error:
            _log.debug("%s: left to its own method (%s)", type(node.step).__name__, error)
            continue
        decoded = getattr(before, "seconds", 0.0) - decoding
        here = (*path, (type(node.step).__name__, name))
        spent[here] += time.perf_counter() - started - decoded
        if mine in wanted and isinstance(out, np.ndarray):
            cache.put(mine, out)
        if node.children:
            # Flows of new frames are of no use any more once all that follows from these is done.
            new_frames = getattr(out, "source", None) is not before
            with sharing_flows() if new_frames else nullcontext():
                _grown(node.children, out, mine, wanted, cache, spent, here)


def _drawn(tree: dict[str, Node], spent: Mapping[Path, float], path: Path) -> Iterator[str]:
    """The tree in lines, with the seconds of each of its steps."""
    for name, node in tree.items():
        kind = type(node.step).__name__
        here = (*path, (kind, name))
        yield f"{'  ' * len(path)}{kind.strip('_')} ({spent.get(here, 0.0):.1f} s)"
        yield from _drawn(node.children, spent, here)


class _HeldFiles(FrameFiles):
    """Image files whose frames stay in memory once all of them were read."""

    def read(self, index: Sequence[int] | None = None) -> np.ndarray:
        """As of :class:`FrameFiles`."""
        return _from_memory(self, super().read, index)

    def stream(self) -> Iterator[np.ndarray]:
        """The same, one by one."""
        # By the only one who wants all of them: the first who asks for them in turn.
        passing = self.__dict__.pop("passing", False) and "whole" not in self.__dict__
        return _passed(self, super().read) if passing else iter(self.read())


class _HeldVideo(VideoFile):
    """The same of a part of a video, which is decoded whole at the first touch."""

    def read(self, index: Sequence[int] | None = None) -> np.ndarray:
        """As of :class:`VideoFile`."""
        return _from_memory(self, super().read, index)

    def stream(self) -> Iterator[np.ndarray]:
        """The same, one by one."""
        return iter(self.read())


def _passed(source: Any, read: Callable[..., np.ndarray]) -> Iterator[np.ndarray]:
    """Frames one by one, none of them kept that was not before."""
    kept: dict[int, np.ndarray] = source.__dict__.setdefault("kept", {})
    shape: tuple[int, ...] | None = None
    for i in range(len(source)):
        started = time.perf_counter()
        frame = kept[i] if i in kept else read([i])[0]
        _count_decoding(source, started)
        shape = shape or frame.shape
        _same_size(frame.shape, shape)
        yield frame


def _count_decoding(source: Any, started: float) -> None:
    spent = time.perf_counter() - started
    source.__dict__["seconds"] = source.__dict__.get("seconds", 0.0) + spent


def _same_size(found: tuple[int, ...], first: tuple[int, ...]) -> None:
    if found != first:
        raise BadInput(f"Frames of {found} and {first} pixels in one clip.")


def _from_memory(source: Any, read: Callable[..., np.ndarray], index: Any) -> np.ndarray:
    kept: dict[int, np.ndarray] = source.__dict__.setdefault("kept", {})
    if index is None and "whole" in source.__dict__:
        whole: np.ndarray = source.__dict__["whole"]
        return whole
    wanted = range(len(source)) if index is None else [range(len(source))[i] for i in index]
    missing = [i for i in dict.fromkeys(wanted) if i not in kept]
    started = time.perf_counter()
    if isinstance(source, VideoFile) and missing:
        whole = read(None)
    elif index is None:
        whole = _all(len(source), kept, missing, read)
    else:
        if missing:
            kept.update(zip(missing, read(missing), strict=True))
        whole = np.empty(0)
    _count_decoding(source, started)
    if len(whole):
        whole.flags.writeable = False
        kept.update(enumerate(whole))
        source.__dict__["whole"] = whole
        if index is None:
            return whole
    return np.stack([kept[i] for i in wanted])


def _all(
    n: int, kept: dict[int, np.ndarray], missing: list[int], read: Callable[..., np.ndarray]
) -> np.ndarray:
    """All frames as one array, read a few at a time, so that none is in memory twice."""
    out: np.ndarray | None = None
    for at in range(0, len(missing), 16):
        part = missing[at : at + 16]
        for i, frame in (*zip(part, read(part), strict=True), *(kept.items() if at == 0 else ())):
            if out is None:
                out = np.empty((n, *frame.shape), frame.dtype)
            _same_size(frame.shape, out.shape[1:])
            out[i] = frame
    return np.stack([kept[i] for i in range(n)]) if out is None else out


def held(clip: Clip, passing: bool = False) -> Clip:
    """The same clip, whose frames stay in memory as long as it does.

    Parameters
    ----------
    clip : Clip
    passing : bool, default False
        All frames will be asked for once, one after another: image files are decoded as that goes
        on, and only what is asked for by its number stays. A second time, all stay.

    Examples
    --------
    >>> from mebench.testing import make_clips
    >>> held(make_clips(1)[0]).frames.shape == make_clips(1)[0].frames.shape
    True
    """
    source = clip.source
    if isinstance(source, FrameFiles):
        kept = _HeldFiles(source.paths, source.colour)
        kept.__dict__["passing"] = passing
        return clip.replace(source=kept)
    if isinstance(source, VideoFile):
        return clip.replace(
            source=_HeldVideo(source.path, source.first, source.count, source.colour)
        )
    return clip
