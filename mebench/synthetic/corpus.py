"""The plan of a corpus: who moves what, how far, when, and what disturbs the picture.

A `Plan` holds all that is drawn at random about a clip before a pixel is drawn, and says
nothing about files: the layouts write the same kind of plan as different databases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import BadInput

__all__ = [
    "COMBINATIONS",
    "MORE_COMBINATIONS",
    "Movement",
    "Nuisance",
    "Plan",
    "plan_clip",
    "plan_corpus",
]

#: Action units that express an emotion, and how often. The overlap (12 in happiness and in
#: repression, 4+7 in disgust and in others) is meant: human coders of micro-expressions
#: disagree in just such cases. Shares are our choice.
COMBINATIONS: dict[str, dict[tuple[int, ...], float]] = {
    "happiness": {(12,): 0.45, (6, 12): 0.40, (12, 25): 0.15},
    "disgust": {(4, 7): 0.30, (10,): 0.20, (9,): 0.15, (4, 9): 0.20, (7, 10): 0.15},
    "repression": {(17,): 0.40, (15, 17): 0.20, (24,): 0.20, (12, 17): 0.20},
    "surprise": {(1, 2): 0.60, (2,): 0.15, (1, 2, 5): 0.15, (25,): 0.10},
    "others": {(4,): 0.40, (4, 7): 0.25, (14,): 0.15, (7,): 0.10, (15,): 0.10},
}

#: The same for words that only some databases use; nobody has a taste of their own in these.
MORE_COMBINATIONS: dict[str, dict[tuple[int, ...], float]] = {
    "anger": {(4, 7): 0.40, (4, 5): 0.30, (17, 24): 0.30},
    "contempt": {(14,): 0.70, (12, 14): 0.30},
    "fear": {(20,): 0.40, (1, 2, 4): 0.30, (5,): 0.30},
    "sadness": {(1,): 0.40, (15,): 0.40, (1, 4): 0.20},
    "tense": {(24,): 0.40, (14,): 0.30, (7, 17): 0.30},
    "negative": {(4,): 0.30, (4, 7): 0.25, (9,): 0.15, (10,): 0.15, (15,): 0.15},
    "positive": {(12,): 0.60, (6, 12): 0.40},
}
_SYNONYMS = {"other": "others", "sad": "sadness", "happy": "happiness"}

#: Action units that people use on one side only.
_ONE_SIDED = (2, 10, 12, 14, 15)

#: Twitches that mean nothing; each person has a habit of one.
_HABITS = (1, 2, 4, 7, 10, 14, 15, 17, 20, 24)

# Streams of random numbers, so that one more draw in one place changes nothing elsewhere.
_CAST, _PERSON, _FACE, _CLIP = range(4)


@dataclass(frozen=True)
class Movement:
    """One action unit at work.

    Attributes
    ----------
    au : int
    intensity : float
        Largest displacement at the apex, in pixels of a face 220 px wide.
    right, left : float
        Share of the intensity on either side of the person's face.
    onset, apex, offset : float
        Frame indices, not always whole.
    """

    au: int
    intensity: float
    right: float
    left: float
    onset: float
    apex: float
    offset: float


@dataclass(frozen=True)
class Nuisance:
    """What disturbs the picture; lengths in pixels of a face 220 px wide, angles in degrees.

    Attributes
    ----------
    seat : tuple of float
        How the person sits: shift in x and y, roll, scale.
    drift : tuple of float
        Largest slow movement of the head from its place at the onset: x, y, roll.
    sway : tuple of float
        Frequency (Hz) and phase (rad) of that movement.
    light : float
        Change of brightness over the clip, as a share.
    flicker, mains : float
        Flicker of the lamps as a share of the brightness, and the mains frequency (Hz).
    noise : float
        Standard deviation of the sensor noise, in grey levels.
    quality : int
        Of the JPEG files.
    """

    seat: tuple[float, float, float, float]
    drift: tuple[float, float, float]
    sway: tuple[float, float]
    light: float
    flicker: float
    mains: float
    noise: float
    quality: int


@dataclass(frozen=True)
class Plan:
    """One clip, before it is drawn.

    Attributes
    ----------
    subject, take : int
        From 1; the take counts the clips of a subject.
    emotion : str
        Key of :data:`COMBINATIONS` or :data:`MORE_COMBINATIONS`, or "" for a clip made of
        chosen action units.
    units : str
        The action units of the expression as coders write them, such as ``"4+L10"``.
    fps : float
    n_frames, onset, apex, offset : int
        Marks are frame indices from 0.
    movements : tuple of Movement
        The expression first, then what only disturbs: a habitual twitch, a blink (45).
    nuisance : Nuisance
    identity, seed : tuple of int
        Seeds of the person and of the clip's noise.
    """

    subject: int
    take: int
    emotion: str
    units: str
    fps: float
    n_frames: int
    onset: int
    apex: int
    offset: int
    movements: tuple[Movement, ...]
    nuisance: Nuisance
    identity: tuple[int, ...]
    seed: tuple[int, ...]


@dataclass(frozen=True)
class _Person:
    expressive: float
    tempo: float
    skew: float
    taste: dict[str, np.ndarray]
    habit: int
    habit_rate: float
    seat: tuple[float, float, float, float]
    drift: float
    noise: float


def plan_corpus(
    seed: tuple[int, ...],
    subjects: int,
    counts: Mapping[str, int],
    fps: float | Callable[[int], float],
    cast: Sequence[Sequence[str]] | None = None,
) -> list[Plan]:
    """Plans of all clips, ordered by subject and take.

    Parameters
    ----------
    seed : tuple of int
    subjects : int
    counts : mapping
        Clips per emotion.
    fps : float or callable
        Or ``fps(subject)``, where it differs from one to another.
    cast : sequence of sequence of str, optional
        The emotions of each subject's clips; default: drawn, uneven.

    Raises
    ------
    BadInput
        Fewer clips than subjects.
    """
    total = sum(counts.values())
    if not 1 <= subjects <= total:
        raise BadInput(
            f"Found {subjects} subjects for {total} clips: at least 1 subject and at least one "
            "clip for each are needed."
        )
    emotions = cast if cast is not None else _cast(seed, subjects, counts)
    plans = []
    for subject in range(1, subjects + 1):
        person = _person(np.random.default_rng((*seed, _PERSON, subject)))
        rate = fps(subject) if callable(fps) else fps
        for take, emotion in enumerate(emotions[subject - 1], start=1):
            rng = np.random.default_rng((*seed, _CLIP, subject, take))
            word = _SYNONYMS.get(emotion, emotion)
            shares = {**COMBINATIONS, **MORE_COMBINATIONS}[word]
            choices = list(shares)
            taste = person.taste.get(word, np.array(list(shares.values())))
            aus = choices[rng.choice(len(choices), p=taste)]
            plans.append(_plan(rng, seed, person, subject, take, emotion, aus, rate))
    return plans


def plan_clip(seed: int, aus: tuple[int, ...], intensity: float, fps: float) -> Plan:
    """Plan of a single clip of a single person with these action units and no distractors."""
    rng = np.random.default_rng((seed, _CLIP))
    person = _person(np.random.default_rng((seed, _PERSON)))
    plan = _plan(rng, (seed,), person, 1, 1, "", aus, fps, intensity)
    return plan


def _cast(seed: tuple[int, ...], subjects: int, counts: Mapping[str, int]) -> list[list[str]]:
    """The emotions of each subject's clips: uneven, some subjects without some classes."""
    rng = np.random.default_rng((*seed, _CAST))
    size = rng.lognormal(0, 0.45, subjects)
    clips: list[list[str]] = [[] for _ in range(subjects)]
    for emotion, count in counts.items():
        # No class may hang on one or two people, or leaving them out would leave none to learn.
        spread = min(3, count, subjects)
        drawn = np.zeros(0, int)
        while len(set(drawn.tolist())) < spread:
            liking = rng.gamma(1.2, size=subjects) * (rng.random(subjects) > 0.2) + 1e-9
            share = size * liking
            drawn = rng.choice(subjects, count, p=share / share.sum())
        for subject in drawn:
            clips[subject].append(emotion)
    for mine in clips:
        if not mine:
            giver = max(clips, key=len)
            mine.append(giver.pop(giver.index(max(giver, key=giver.count))))
    return [[mine[i] for i in rng.permutation(len(mine))] for mine in clips]


def _person(rng: np.random.Generator) -> _Person:
    taste = {}
    for emotion, shares in COMBINATIONS.items():
        weight = np.array(list(shares.values())) * rng.gamma(1.5, size=len(shares))
        taste[emotion] = weight / weight.sum()
    return _Person(
        expressive=rng.uniform(0.75, 1.25),
        tempo=rng.uniform(0.85, 1.15),
        skew=rng.uniform(-0.15, 0.15),
        taste=taste,
        habit=int(rng.choice(_HABITS)),
        habit_rate=rng.uniform(0.3, 0.9),
        seat=(
            rng.uniform(-14, 14),
            rng.uniform(-10, 10),
            rng.uniform(-2.5, 2.5),
            rng.uniform(0.95, 1.06),
        ),
        drift=rng.uniform(0.5, 2.0),
        noise=rng.uniform(1.0, 2.5),
    )


def _plan(
    rng: np.random.Generator,
    seed: tuple[int, ...],
    person: _Person,
    subject: int,
    take: int,
    emotion: str,
    aus: tuple[int, ...],
    fps: float,
    intensity: float | None = None,
) -> Plan:
    """One clip; a given `intensity` also leaves out the distractors."""
    rise = rng.uniform(0.06, 0.15) * person.tempo
    fall = min(rise * rng.uniform(1.1, 1.9), 0.5 - rise)
    before, after = rng.uniform(0.01, 0.035, 2)
    onset = max(1, round(before * fps))
    apex = onset + max(1, round(rise * fps))
    offset = apex + max(1, round(fall * fps))
    n_frames = offset + 1 + max(1, round(after * fps))

    movements, names = [], []
    strength = 0.5 + rng.gamma(2.0, 0.22) * person.expressive
    for au in aus:
        pixels = float(np.clip(strength * rng.uniform(0.75, 1.3), 0.5, 2.5))
        skew = float(np.clip(person.skew + rng.uniform(-0.15, 0.15), -0.3, 0.3))
        right, left, side = 1.0 - max(skew, 0), 1.0 + min(skew, 0), ""
        if au in _ONE_SIDED and rng.random() < 0.12:
            side = "R" if skew < 0 else "L"
            right, left = (1.0, 0.1) if side == "R" else (0.1, 1.0)
        names.append(f"{side}{au}")
        pixels = pixels if intensity is None else intensity
        movements.append(Movement(au, pixels, right, left, onset, apex, offset))

    # Distractors begin after the onset, so that the onset frame shows the face at rest.
    if rng.random() < person.habit_rate and intensity is None:
        start = onset + rng.uniform(0.005, 0.15) * fps
        peak = start + rng.uniform(0.05, 0.12) * fps
        end = peak + rng.uniform(0.06, 0.2) * fps
        sides = (1.0, 0.3) if person.skew < 0 else (0.3, 1.0)
        twitch = rng.uniform(0.4, 1.1) * person.expressive
        movements.append(Movement(person.habit, twitch, *sides, start, peak, end))
    if rng.random() < 0.1 and intensity is None:
        start = onset + rng.uniform(0.005, 0.2) * fps
        peak = start + rng.uniform(0.06, 0.1) * fps
        end = peak + rng.uniform(0.1, 0.16) * fps
        movements.append(Movement(45, rng.uniform(5, 7), 1.0, 1.0, start, peak, end))

    x, y, roll, scale = person.seat
    way = rng.uniform(0, 2 * np.pi)
    far = min(3.0, person.drift * rng.gamma(2.0, 0.4))
    nuisance = Nuisance(
        seat=(x + rng.normal(0, 3), y + rng.normal(0, 3), roll + rng.normal(0, 0.5), scale),
        drift=(far * np.cos(way), far * np.sin(way), min(1.0, far / 3) * rng.uniform(-1, 1)),
        sway=(rng.uniform(0.4, 1.5), rng.uniform(0, 2 * np.pi)),
        light=rng.uniform(-0.015, 0.015),
        flicker=rng.uniform(0, 0.006),
        mains=float(rng.choice([50, 60])),
        noise=person.noise,
        quality=int(rng.integers(90, 96)),
    )
    return Plan(
        subject=subject,
        take=take,
        emotion=emotion,
        units="+".join(names),
        fps=fps,
        n_frames=n_frames,
        onset=onset,
        apex=apex,
        offset=offset,
        movements=tuple(movements),
        nuisance=nuisance,
        identity=(*seed, _FACE, subject),
        seed=(*seed, _CLIP, subject, take, 1),
    )
