"""Runs of spotting made by hand, without any video."""

import numpy as np
import pandas as pd

from mebench.results.spotting.curves import Curve
from mebench.results.spotting.run import SpottingRun
from mebench.spotting.causes import count_causes, outcomes
from mebench.spotting.precision_curve import roc
from mebench.spotting.score import count_hits, spotting_scores


def made(method="strain", right=4, wrong=2, persons=6, dataset="toy-long", labelled=True):
    """Each person has a video with two expressions of either kind; so many are found."""
    videos = pd.DataFrame({
        "dataset": dataset, "video": [f"{dataset}/{i}/v" for i in range(persons)],
        "subject": [str(i) for i in range(persons)], "fps": 30.0, "n_frames": 900,
    })  # fmt: skip
    truth, found, events = [], [], []
    for i, video in enumerate(videos["video"]):
        for j, (kind, length) in enumerate((("micro", 10), ("macro", 40)) * 2):
            onset = 200 * j + 20
            truth.append(
                (dataset, video, str(i), kind, onset, onset + 4, onset + length, "sad", "")
            )
            hit = (i + j) % 6 < right
            if hit:
                found.append((dataset, video, str(i), kind, onset, onset + 4, onset + length, 2.0))
            if (i + j) % 6 < wrong:
                found.append((dataset, video, str(i), kind, onset + 100, onset + 104,
                              onset + 100 + length, 1.0))  # fmt: skip
        events.append((video, "blink", 115, 125))
    columns = ["dataset", "video", "subject", "kind", "onset", "apex", "offset"]
    truth = pd.DataFrame(truth, columns=[*columns, "emotion", "au"])
    found = pd.DataFrame(found, columns=[*columns, "score"])
    events = pd.DataFrame(events, columns=["video", "cause", "onset", "offset"])
    predictions = outcomes(found, truth, events)
    counts = count_hits(predictions, truth, videos)
    scores = spotting_scores(counts).reset_index()
    scores.insert(0, "dataset", dataset)
    curves = {
        v: Curve(np.full((2, 900), 0.5, np.float32), np.zeros((2, 900), bool), np.ones(2))
        for v in videos["video"]
    }
    header = {
        "dataset": dataset, "labels": "spotting", "method": method, "title": "A spotter",
        "citation": "Somebody", "protocol": "loso", "tuning": "", "pipeline": "", "iou": 0.5,
        "labelled": labelled, "marked": ["blink"], "n_videos": persons, "n_subjects": persons,
        "n_micro": 2 * persons, "n_macro": 2 * persons, "notes": ["made by hand"],
        "command": "mebench spot",
    }  # fmt: skip
    thresholds = videos[["dataset", "subject"]].assign(micro=1.0, macro=np.nan)
    curve = [
        roc(*(t[t["kind"] == kind].reset_index(drop=True) for t in (found, truth)),
            videos).assign(kind=kind) for kind in ("micro", "macro")
    ]  # fmt: skip
    if not labelled:
        scores, curve = pd.DataFrame(), [pd.DataFrame()]
        predictions, truth = predictions.assign(result="", cause=""), truth.iloc[:0]
    return SpottingRun(
        header, predictions, scores, videos.merge(counts, on=["dataset", "video", "subject"]),
        truth, events, count_causes(predictions).reset_index() if labelled else pd.DataFrame(),
        thresholds, pd.concat(curve), curves=curves,
    )  # fmt: skip
