"""A model of labels by landmarks-registered texture, and a short video with one expression."""

import cv2
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from mebench import LBPTOP
from mebench.datasets import Samples
from mebench.models import train
from mebench.preprocessing import TIM, AlignFace, FindLandmarks
from mebench.svm import PolySVC
from mebench.synthetic.camera import View
from mebench.synthetic.long_plan import plan_script
from mebench.synthetic.long_render import render_script
from mebench.testing import make_clips

FPS = 30.0


@pytest.fixture(scope="session")
def model():
    clips = make_clips(8, size=(60, 60))
    table = pd.DataFrame({
        "clip_id": [c.id for c in clips], "dataset": "toy",
        "subject": np.repeat(list("abcd"), 2), "label": ["glad", "sad"] * 4,
    })  # fmt: skip
    samples = Samples(clips, table, classes=["glad", "sad"], label_set="all")
    pipeline = make_pipeline(
        FindLandmarks(), AlignFace(size=(48, 40)), TIM(7), LBPTOP(regions=(2, 2)),
        PolySVC(kernel="linear"),
    )  # fmt: skip
    return train(pipeline, samples, grid="linear", cache=False)


@pytest.fixture(scope="session")
def script():
    return plan_script((3, 9), 1, 1, 10.0, FPS, 2)


@pytest.fixture(scope="session")
def frames(script):
    """80 colour frames of 240 × 180, with the script's second micro-expression within."""
    found = []
    for frame in render_script(script, View((240, 180), 90.0, True)):
        found.append(frame)
        if len(found) == 110:
            break
    return found[30:]


@pytest.fixture(scope="session")
def write():
    def write(path, frames, fps=FPS, codec="mp4v"):
        size = frames[0].shape[1::-1]
        video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), fps, size)
        assert video.isOpened()
        for frame in frames:
            video.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        video.release()
        return path

    return write


@pytest.fixture(scope="session")
def video(frames, write, tmp_path_factory):
    return write(tmp_path_factory.mktemp("videos") / "long.mp4", frames)
