"""Long videos before they are drawn: what a face does in a minute, and what of it is an expression.

A `Script` is a list of events on one time line: micro- and macro-expressions, which are annotated,
and blinks, turns of the head and talk, which are not. How often and how strongly each occurs is
our choice; micro-expressions are as strong and as quick as those of the corpus of short clips.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .corpus import COMBINATIONS, Nuisance

__all__ = ["EVERYDAY", "Event", "Part", "Script", "plan_script", "plan_scripts"]

#: What moves in each kind of event that is no expression; numbers are action units, and ``yaw``
#: and ``pitch`` turn the head.
EVERYDAY = ("blink", "turn", "talk")

# Streams of random numbers; 0 to 3 are those of the short clips.
_PERSON, _FACE, _VIDEO = 20, 21, 22

_ONE_SIDED = (2, 10, 12, 14, 15)


@dataclass(frozen=True)
class Part:
    """One movement of an event.

    Attributes
    ----------
    unit : int or str
        Action unit; or ``"yaw"`` or ``"pitch"``.
    intensity : float
        Largest displacement in pixels of a face 220 px wide.
    right, left : float
        Share of the intensity on either side of the person's face.
    marks : tuple of float
        Frame indices where it begins, is complete, begins to fade, and is gone.
    """

    unit: int | str
    intensity: float
    right: float
    left: float
    marks: tuple[float, float, float, float]


@dataclass(frozen=True)
class Event:
    """Something that the face does.

    Attributes
    ----------
    kind : {'micro', 'macro', 'blink', 'turn', 'talk'}
    onset, apex, offset : int
        Frame indices; the apex of what is held is the middle of the hold.
    emotion, units : str
        Of expressions; else blank. Units as coders write them, such as ``"4+L10"``.
    parts : tuple of Part
    """

    kind: str
    onset: int
    apex: int
    offset: int
    emotion: str
    units: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Script:
    """One long video, before it is drawn.

    Attributes
    ----------
    subject, take : int
        From 1.
    fps : float
    n_frames : int
    events : tuple of Event
        By onset.
    sway : tuple of (float, float, float, float)
        The head's unrest: for each wave amplitude in x, y (pixels of a face 220 px wide) and
        roll (degrees), and frequency in Hz.
    nuisance : Nuisance
        Its drift and sway are not used.
    identity, seed : tuple of int
    """

    subject: int
    take: int
    fps: float
    n_frames: int
    events: tuple[Event, ...]
    sway: tuple[tuple[float, float, float, float], ...]
    nuisance: Nuisance
    identity: tuple[int, ...]
    seed: tuple[int, ...]

    def expressions(self) -> list[Event]:
        """The micro- and macro-expressions, by onset."""
        return [event for event in self.events if event.kind in ("micro", "macro")]


def plan_scripts(
    seed: tuple[int, ...], subjects: int, videos: int, seconds: float, fps: float
) -> list[Script]:
    """The videos of a corpus, ordered by subject and take.

    Parameters
    ----------
    seed : tuple of int
    subjects : int
    videos : int
        Per subject.
    seconds : float
        Mean length of a video; single ones are up to a quarter longer or shorter.
    fps : float
    """
    return [
        plan_script(seed, subject, take, seconds, fps)
        for subject in range(1, subjects + 1)
        for take in range(1, videos + 1)
    ]


def plan_script(
    seed: tuple[int, ...],
    subject: int,
    take: int,
    seconds: float,
    fps: float,
    micro: int | None = None,
) -> Script:
    """One video of one person.

    Parameters
    ----------
    seed : tuple of int
    subject, take : int
    seconds : float
        About which the length is drawn.
    fps : float
    micro : int, optional
        Number of micro-expressions. Default: drawn, in a quarter of the videos none.

    Examples
    --------
    >>> script = plan_script((0,), subject=1, take=1, seconds=40, fps=30)
    >>> sorted({event.kind for event in script.events})
    ['blink', 'macro', 'micro', 'turn']
    """
    person = np.random.default_rng((*seed, _PERSON, subject))
    expressive, skew = person.uniform(0.75, 1.25), person.uniform(-0.15, 0.15)
    tempo, blinks = person.uniform(0.85, 1.15), person.uniform(0.15, 0.4)
    seat = (
        person.uniform(-14, 14),
        person.uniform(-10, 10),
        person.uniform(-2.5, 2.5),
        person.uniform(0.95, 1.06),
    )
    noise = person.uniform(1.0, 2.5)

    rng = np.random.default_rng((*seed, _VIDEO, subject, take))
    length = seconds * rng.uniform(0.75, 1.25)
    scale = length / 40  # of the numbers below, which are for 40 seconds
    counts = {
        "micro": micro if micro is not None else _drawn(rng, (0.25, 0.25, 0.3, 0.2), scale),
        "macro": _drawn(rng, (0.2, 0.4, 0.4), scale),
        "turn": _drawn(rng, (0.1, 0.5, 0.4), scale),
        "talk": _drawn(rng, (0.5, 0.5), scale),
    }
    events: list[Event] = []
    for kind, start, parts, emotion, units in _placed(
        rng, counts, length, (expressive, skew, tempo)
    ):
        events.append(_event(kind, start, parts, emotion, units, fps))
    at = rng.exponential(1 / blinks)
    while at < length - 0.5:
        close, open_ = rng.uniform(0.06, 0.1), rng.uniform(0.1, 0.16)
        lid = Part(45, rng.uniform(5, 7), 1.0, 1.0, (0.0, close, close, close + open_))
        events.append(_event("blink", at, [lid], "", "", fps))
        at += 0.4 + rng.exponential(1 / blinks)
    waves = []
    for low, high, far in ((0.03, 0.1, 4.0), (0.1, 0.3, 1.5), (0.3, 0.8, 0.5)):
        way, size = rng.uniform(0, 2 * np.pi), far * rng.gamma(2.0, 0.4)
        roll = size * rng.uniform(-0.25, 0.25)
        waves.append((size * np.cos(way), size * np.sin(way), roll, rng.uniform(low, high)))
    x, y, roll, size = seat
    nuisance = Nuisance(
        seat=(x + rng.normal(0, 3), y + rng.normal(0, 3), roll + rng.normal(0, 0.5), size),
        drift=(0.0, 0.0, 0.0),
        sway=(0.0, rng.uniform(0, 2 * np.pi)),
        light=rng.uniform(-0.03, 0.03),
        flicker=rng.uniform(0, 0.006),
        mains=float(rng.choice([50, 60])),
        noise=noise,
        quality=int(rng.integers(90, 96)),
    )
    return Script(
        subject=subject,
        take=take,
        fps=fps,
        n_frames=round(length * fps),
        events=tuple(sorted(events, key=lambda e: (e.onset, e.kind))),
        sway=tuple(waves),
        nuisance=nuisance,
        identity=(*seed, _FACE, subject),
        seed=(*seed, _VIDEO, subject, take, 1),
    )


def _drawn(rng: np.random.Generator, chances: tuple[float, ...], scale: float) -> int:
    """How many events of a kind: drawn for each 40 seconds, and for the rest of the video."""
    whole = int(scale)
    drawn = [int(rng.choice(len(chances), p=chances)) for _ in range(whole + 1)]
    return sum(drawn[:-1]) + round(drawn[-1] * (scale - whole))


def _placed(
    rng: np.random.Generator,
    counts: dict[str, int],
    length: float,
    person: tuple[float, float, float],
) -> Iterable[tuple[str, float, list[Part], str, str]]:
    """Events with their start in seconds: none overlaps another, in random order."""
    drawn = []
    for kind, n in counts.items():
        for _ in range(n):
            parts, emotion, units = _DRAW[kind](rng, *person)
            drawn.append((kind, parts, emotion, units, max(p.marks[3] for p in parts)))
    drawn = [drawn[i] for i in rng.permutation(len(drawn))]
    # Half a second between any two, and the rest of the time divided at random.
    while drawn and sum(d[4] + 0.5 for d in drawn) > length - 2.5:
        drawn.pop()
    spare = length - 2.5 - sum(d[4] + 0.5 for d in drawn)
    gaps = np.diff(np.sort(rng.uniform(0, spare, len(drawn))), prepend=0)
    at = 1.0
    for (kind, parts, emotion, units, duration), gap in zip(drawn, gaps, strict=True):
        at += gap
        yield kind, at, parts, emotion, units
        at += duration + 0.5


def _event(
    kind: str, start: float, parts: list[Part], emotion: str, units: str, fps: float
) -> Event:
    """Seconds from the start of the event to whole frames of the video."""
    moved = tuple(
        Part(p.unit, p.intensity, p.right, p.left, _frames(p.marks, start, fps)) for p in parts
    )
    first = moved[0].marks
    return Event(
        kind=kind,
        onset=int(min(p.marks[0] for p in moved)),
        apex=int((first[1] + first[2]) // 2),
        offset=int(max(p.marks[3] for p in moved)),
        emotion=emotion,
        units=units,
        parts=moved,
    )


def _frames(
    marks: tuple[float, float, float, float], start: float, fps: float
) -> tuple[float, float, float, float]:
    """Whole frames, the rise and the fall taking one at least."""
    onset = round((start + marks[0]) * fps)
    apex = onset + max(1, round((marks[1] - marks[0]) * fps))
    fades = apex + max(0, round((marks[2] - marks[1]) * fps))
    return (
        float(onset),
        float(apex),
        float(fades),
        float(fades + max(1, round((marks[3] - marks[2]) * fps))),
    )


Drawn = tuple[list[Part], str, str]


def _micro(rng: np.random.Generator, expressive: float, skew: float, tempo: float) -> Drawn:
    """As strong and as quick as in the short clips."""
    rise = rng.uniform(0.06, 0.15) * tempo
    fall = min(rise * rng.uniform(1.1, 1.9), 0.5 - rise)
    strength = 0.5 + rng.gamma(2.0, 0.22) * expressive
    return _expression(rng, strength, (0.5, 2.5), skew, (0.0, rise, rise, rise + fall))


def _macro(rng: np.random.Generator, expressive: float, skew: float, tempo: float) -> Drawn:
    """Three to ten pixels, longer than half a second, mostly held for a while."""
    rise, fall = rng.uniform(0.25, 0.6) * tempo, rng.uniform(0.35, 0.9) * tempo
    hold = rng.uniform(0.0, 1.2)
    strength = 3.0 + rng.gamma(2.0, 1.2) * expressive
    return _expression(rng, strength, (3, 10), skew, (0.0, rise, rise + hold, rise + hold + fall))


def _expression(
    rng: np.random.Generator,
    strength: float,
    bounds: tuple[float, float],
    skew: float,
    marks: tuple[float, float, float, float],
) -> Drawn:
    emotion = str(rng.choice(list(COMBINATIONS)))
    choices = COMBINATIONS[emotion]
    aus = list(choices)[rng.choice(len(choices), p=list(choices.values()))]
    parts, names = [], []
    for au in aus:
        pixels = float(np.clip(strength * rng.uniform(0.75, 1.3), *bounds))
        lean = float(np.clip(skew + rng.uniform(-0.15, 0.15), -0.3, 0.3))
        right, left, side = 1.0 - max(lean, 0), 1.0 + min(lean, 0), ""
        if au in _ONE_SIDED and rng.random() < 0.12:
            side = "R" if lean < 0 else "L"
            right, left = (1.0, 0.1) if side == "R" else (0.1, 1.0)
        names.append(f"{side}{au}")
        parts.append(Part(au, pixels, right, left, marks))
    return parts, emotion, "+".join(names)


def _turn(rng: np.random.Generator, expressive: float, skew: float, tempo: float) -> Drawn:
    """A look aside or a nod: there, a pause, and back."""
    go, back, hold = rng.uniform(0.3, 0.8), rng.uniform(0.3, 0.9), rng.uniform(0.2, 2.0)
    marks = (0.0, go, go + hold, go + hold + back)
    yaw, pitch = rng.choice([-1, 1], 2) * rng.uniform([8, 0], [22, 8])
    if rng.random() < 0.3:
        yaw, pitch = pitch, yaw
    return [Part("yaw", yaw, 1.0, 1.0, marks), Part("pitch", pitch, 1.0, 1.0, marks)], "", ""


def _talk(rng: np.random.Generator, expressive: float, skew: float, tempo: float) -> Drawn:
    """Some syllables: the lips part, and now spread, now close."""
    parts, at = [], 0.0
    for _ in range(int(rng.integers(5, 16))):
        opens, closes = rng.uniform(0.06, 0.13), rng.uniform(0.07, 0.15)
        marks = (at, at + opens, at + opens, at + opens + closes)
        parts.append(Part(25, rng.uniform(3, 8), 1.0, 1.0, marks))
        if rng.random() < 0.6:
            other = int(rng.choice([20, 24, 17, 12]))
            parts.append(Part(other, rng.uniform(1, 3), 1.0, 1.0, marks))
        at = marks[3] + rng.exponential(0.05)
    return parts, "", ""


_DRAW = {"micro": _micro, "macro": _macro, "turn": _turn, "talk": _talk}
