"""What cameras and people do that is no expression: the built-in face, still, shaken, talking."""

import shutil
import subprocess

import cv2
import numpy as np
import pandas as pd
import pytest
from skimage.data import astronaut

from mebench.clip import Clip
from mebench.spotting import Spotting, get_spotter, spot
from mebench.spotting._spot import unseen_shares
from mebench.spotting.spotter import KINDS, NO_FACE
from mebench.synthetic.face import LANDMARKS
from mebench.synthetic.motion import displacement, unit_bumps

from .opencv import needs_opencv_5

FPS = 30.0
N, LONG = 210, 300  # frames of a face that does nothing, and of one that does something
WIDTH, HEIGHT = 400, 360
ZOOM = 1.0
# From the canvas of the synthetic people to the picture made here.
POINTS = ((LANDMARKS + [61, 0]) / 2.4 - [40, 0]) * ZOOM


@pytest.fixture(scope="module")
def face():
    grey = cv2.cvtColor(astronaut()[0:360, 40:440], cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


SPARE = 64
NOISE = np.random.default_rng(9).normal(size=(HEIGHT + SPARE, WIDTH + SPARE)).astype(np.float32)


def noisy(image, rng, sigma=1.5):
    """With noise from anywhere in one large field: far quicker than drawing it anew."""
    y, x = rng.integers(0, SPARE, 2)
    noise = NOISE[y : y + HEIGHT, x : x + WIDTH]
    return cv2.addWeighted(image.astype(np.float32), 1, noise, sigma, 0, dtype=cv2.CV_8U)


def shaken(face, rng):
    for x, y in rng.uniform(-2, 2, (N, 2)):
        there = np.array([[1, 0, x], [0, 1, y]])
        moved = cv2.warpAffine(face, there, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        yield noisy(moved, rng)


def flickering(face, rng):
    for t in range(N):
        yield noisy(face * (1 + 0.04 * np.sin(2 * np.pi * 7.3 * t / FPS)), rng)


def warped(face, *moves):
    """The face with action units ``(unit, pixels of a face 220 wide)``."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    at = np.stack([x, y], -1)
    moved = np.zeros_like(at)
    for unit, pixels in moves:
        bumps = unit_bumps(unit, LANDMARKS)
        bumps[:, :2] = ((bumps[:, :2] + [61, 0]) / 2.4 - [40, 0]) * ZOOM
        bumps[:, 2:4] *= ZOOM / 2.4
        bumps[:, 4:] *= pixels * ZOOM / 2.4
        moved += displacement(at, bumps).astype(np.float32)
    back = -moved
    for _ in range(6):
        back = -cv2.remap(moved, at + back, None, cv2.INTER_LINEAR)
    return cv2.remap(face, at + back, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def level(t, begin, rise, hold, fall):
    marks = np.cumsum([begin, rise, hold + 1e-9, fall])
    return float(0.5 - 0.5 * np.cos(np.pi * np.interp(t, marks, [0, 1, 1, 2])))


def compressed(frames, crf):
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        pytest.skip("ffmpeg is not installed")
    raw = ["-f", "rawvideo", "-pix_fmt", "gray"]
    size = ["-s", f"{WIDTH}x{HEIGHT}", "-r", "30"]
    film = subprocess.run(
        [ffmpeg, "-v", "error", *raw, *size, "-i", "-", "-c:v", "libx264", "-threads", "1", "-crf",
         str(crf), "-pix_fmt", "yuv420p", "-f", "matroska", "-"],
        input=b"".join(f.tobytes() for f in frames), stdout=subprocess.PIPE, check=True,
    ).stdout  # fmt: skip
    seen = subprocess.run([ffmpeg, "-v", "error", "-i", "-", *raw, "-"], input=film,
                          stdout=subprocess.PIPE, check=True).stdout  # fmt: skip
    return np.frombuffer(seen, np.uint8).reshape(-1, HEIGHT, WIDTH)


def spotted(frames):
    return spot(Clip("a", np.stack(list(frames)), fps=FPS))


@needs_opencv_5
@pytest.mark.parametrize("what", ["still", "shaken", "noisy", "flickering", "crf 28", "crf 38"])
def test_a_face_that_does_nothing_is_looked_at_and_nothing_is_found(face, what):
    rng = np.random.default_rng(0)
    frames = {
        "still": lambda: [face] * N,
        "shaken": lambda: shaken(face, rng),
        "noisy": lambda: (noisy(face, rng, 8) for _ in range(N)),
        "flickering": lambda: flickering(face, rng),
        "crf 28": lambda: compressed([noisy(face, rng, 3) for _ in range(N)], 28),
        "crf 38": lambda: compressed([noisy(face, rng, 3) for _ in range(N)], 38),
    }[what]()
    found = spotted(frames)
    assert not len(found.intervals), found.intervals
    assert min(found.looked_at(kind) for kind in KINDS) > 0.95


def test_a_smile_while_the_head_nods_is_found_as_macro(face):
    rng = np.random.default_rng(0)
    shapes = [warped(face, (12, 9 * s), (6, 4 * s)) for s in np.linspace(0, 1, 25)]
    frames = []
    for t in np.arange(LONG) / FPS:
        shown = shapes[round(24 * level(t, 4, 0.4, 1.0, 0.6))]
        there = np.array([[1, 0, 5 * np.sin(t)], [0, 1, 7 * np.sin(1.7 * t)]])
        shown = cv2.warpAffine(shown, there, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        frames.append(noisy(shown, rng))
    found = spotted(frames).intervals.query("kind == 'macro'")
    assert len(found) == 1
    assert abs(found["onset_s"].iloc[0] - 4) < 0.2 and abs(found["offset_s"].iloc[0] - 6) < 0.3


def test_syllables_are_no_micro_expressions(face):
    rng = np.random.default_rng(3)
    begins = np.cumsum(rng.uniform(0.2, 0.35, 25)) + 2
    shapes = [warped(face, (25, 5 * s), (20, 2 * s)) for s in np.linspace(0, 1, 9)]
    frames = []
    for t in np.arange(LONG) / FPS:
        opened = max(level(t, b, 0.09, 0.0, 0.1) for b in begins)
        frames.append(noisy(shapes[round(8 * opened)], rng))
    found = spotted(frames).intervals
    assert "micro" not in set(found["kind"]), found


def test_causes_are_told_apart_and_add_up():
    spotter = get_spotter("trajectory")
    curves = pd.DataFrame(0.0, index=range(100), columns=list(spotter.columns))
    curves["face"] = True
    curves.loc[0:9, "turn"], curves.loc[10:29, "turn"] = np.inf, 0.5
    curves.loc[5:34, "off"] = 0.2
    shares = unseen_shares(curves, FPS, spotter)
    turned, hidden = "the head turns", "the face is covered or blurred"
    assert shares["micro"] == pytest.approx({turned: 0.2, NO_FACE: 0.1, hidden: 0.05})
    assert list(shares["micro"]) == [turned, NO_FACE, hidden]
    one = Spotting("a", "trajectory", FPS, curves, pd.DataFrame(), unseen=shares)
    assert one.looked_at("micro") == pytest.approx(0.65)
    assert spotter.ignored(curves, "macro", FPS).mean() == pytest.approx(0.35)
