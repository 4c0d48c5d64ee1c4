"""Following one face, and looking for one where there is none: frames per second of processors.

    python benchmarks/following.py [--tiny] [--seconds 10]

For 480p, 720p and 1080p a synthetic face, a third of the picture wide, is written into a video,
then read and followed as `mebench spot` does; and every detector that is here looks at a picture of
1920 × 1080 without a face, as in a video and by itself. Times are those of processors, which load
on the machine changes little; the reading alone stands beside them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from spotting import write_video

from mebench.errors import DataNotFound
from mebench.preprocessing import DETECTORS, choose_detector
from mebench.preprocessing.landmarks import all_faces
from mebench.spotting import FaceSearch, follow_face
from mebench.videos import read_video

SIZES = {"480p": (640, 480), "720p": (1280, 720), "1080p": (1920, 1080)}


def busy(work) -> float:
    """Seconds of processors."""
    start = time.process_time()
    work()
    return time.process_time() - start


def follow(path: Path) -> int:
    return sum(face.image is not None for face in follow_face(read_video(path), 30.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    n = 60 if options.tiny else round(30 * options.seconds)
    sizes = {"240p": (320, 240)} if options.tiny else SIZES
    with tempfile.TemporaryDirectory() as folder:
        for name, size in sizes.items():
            path = Path(folder) / f"{name}.mp4"
            write_video(path, n, size, min(options.seconds, 4.0))
            list(read_video(path, 0, 2))  # looks through the file once
            read = busy(lambda path=path: sum(1 for _ in read_video(path)))
            seen = follow(path)
            took = busy(lambda path=path: follow(path))
            print(f"{name}: {n / took:.0f} frames per second are followed ({n / read:.0f} read), "
                  f"face seen in {seen} of {n}", flush=True)  # fmt: skip
    rng = np.random.default_rng(0)
    size = (320, 240) if options.tiny else (1920, 1080)
    picture = cv2.GaussianBlur(rng.integers(0, 256, size[::-1]).astype(np.uint8), (0, 0), 5)
    for detector in DETECTORS:
        try:
            choose_detector(detector)
        except DataNotFound:
            print(f"{detector}: not here")
            continue
        search = FaceSearch(detector)
        first = busy(lambda search=search: search.whole(picture))
        looks = [busy(lambda search=search: search.whole(picture)) for _ in range(16)]
        single = [busy(lambda name=detector: all_faces(picture, name)) for _ in range(4)]
        size_said = f"{size[0]} × {size[1]}"
        print(f"{detector}: a picture of {size_said} without a face {1000 * first:.0f} ms first, "
              f"then {1000 * np.median(looks):.0f} (median), {1000 * np.mean(looks):.0f} (mean of "
              f"16 looks); by itself {1000 * np.mean(single):.0f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
