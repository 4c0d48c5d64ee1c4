"""Spot, then recognise: an emotion for each interval, learnt from other people."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mebench.base import Extractor
from mebench.clip import Clip
from mebench.datasets.long import LongVideos
from mebench.errors import BadInput
from mebench.spotting import recognise_spotted

GREY = {"joy": 200, "fear": 100}


class Mean(Extractor):
    """The mean of the apex frame."""

    version = 1

    def _row(self, clip):
        return np.array([clip.read()[clip.apex].mean()])

    def _names(self):
        return ["mean"]


@pytest.fixture
def database():
    """Three people, each of whom shows joy as white and fear as grey frames."""
    clips, rows = [], []
    for person in "abc":
        frames = np.zeros((40, 8, 8), np.uint8)
        for onset, emotion in ((5, "joy"), (20, "fear")):
            frames[onset : onset + 9] = GREY[emotion]
            rows.append((person, person, "micro", onset, onset + 4, onset + 8, emotion))
        clips.append(Clip(person, frames, fps=30))
    columns = ["video", "subject", "kind", "onset", "apex", "offset", "emotion"]
    videos = pd.DataFrame({"video": list("abc"), "subject": list("abc"), "n_frames": 40})
    return LongVideos(clips, videos, pd.DataFrame(rows, columns=columns))


METHOD = make_pipeline(Mean(), KNeighborsClassifier(1))


def test_what_is_spotted_gets_the_emotion_that_others_showed(database):
    spotted = database.truth.drop(columns="emotion").iloc[[0, 1, 3]]
    said, scores = recognise_spotted(database, spotted, METHOD)
    assert said["emotion"].tolist() == ["joy", "fear", "fear"]
    assert scores.loc["all", "f1_spotting"] == pytest.approx(2 * 3 / 9)
    assert scores.loc["micro", "strs"] == pytest.approx(2 / 3)  # and all that was found is right


def test_nothing_is_learnt_from_the_person_who_is_asked(database):
    # Joy was annotated in the first person's videos only.
    truth = database.truth[(database.truth["emotion"] == "fear") | (database.truth.index == 0)]
    truth = pd.concat([truth, truth.iloc[[1]].assign(emotion="anger", video="b", subject="b",
                                                     onset=30, apex=34, offset=38)])  # fmt: skip
    spotted = truth.drop(columns="emotion").iloc[[0]]
    said, _ = recognise_spotted(replace(database, truth=truth), spotted, METHOD)
    assert said["emotion"].item() in ("fear", "anger")


def test_emotions_and_people_are_needed(database):
    spotted = database.truth.drop(columns="emotion")
    with pytest.raises(BadInput, match="no emotions"):
        recognise_spotted(replace(database, truth=database.truth.assign(emotion="")), spotted)
    alone = replace(database, videos=database.videos.assign(subject="a"))
    with pytest.raises(BadInput, match="only one subject"):
        recognise_spotted(alone, spotted)
