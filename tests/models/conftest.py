"""A small model that is trained once."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from mebench import LBPTOP
from mebench.datasets import Samples
from mebench.models import train
from mebench.preprocessing import TIM, AlignFace, FindLandmarks
from mebench.svm import PolySVC
from mebench.testing import make_clips

GRID = {"degree": [2], "gamma": [0.1, 1], "C": [1, 10], "coef0": [1]}


@pytest.fixture(scope="session")
def samples():
    clips = make_clips(12, size=(60, 60))
    table = pd.DataFrame(
        {
            "clip_id": [c.id for c in clips],
            "dataset": "toy",
            "subject": np.repeat(list("abcd"), 3),
            "label": list("xyz") * 4,
        }
    )
    return Samples(clips, table, classes=["x", "y", "z"], label_set="all")


def pipeline():
    return make_pipeline(
        FindLandmarks(), AlignFace(size=(48, 40)), TIM(7), LBPTOP(regions=(2, 2)), PolySVC()
    )


@pytest.fixture(scope="session")
def model(samples):
    return train(pipeline(), samples, grid=GRID, cache=False)


@pytest.fixture
def saved(model, tmp_path):
    from mebench.models import save_model

    save_model(model, tmp_path / "toy.mebench")
    return tmp_path / "toy.mebench"
