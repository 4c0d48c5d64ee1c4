import numpy as np
import pandas as pd
import pytest

from mebench.errors import BadInput
from mebench.spotting.spot_then_recognise import harmonic, strs

#: Table of results of MEAN (Liong, See and Chan 2023): F1 of spotting; P, R and F1 of analysis;
#: STRS, as printed.
CELLS = {
    "CASME II": (0.6516, 0.5983, 0.5872, 0.5927, 0.3862),
    "SMIC-HS": (0.3822, 0.5076, 0.5224, 0.5149, 0.1968),
    "SMIC-VIS": (0.4366, 0.7492, 0.7447, 0.7470, 0.3261),
    "SMIC-NIR": (0.3099, 0.6667, 0.6667, 0.6667, 0.2066),
    "CAS(ME)²": (0.1214, 0.6667, 0.6667, 0.6667, 0.0809),
    "SAMM Long": (0.0949, 0.5882, 0.4762, 0.5263, 0.0499),
}
#: TP, FP, FN of spotting as printed, a confusion matrix that has the printed number of true
#: positives, right ones, P, R and UF1, and that UF1.
COUNTS = {
    "SMIC-HS": ((60, 97, 97), [[5, 5, 0], [2, 13, 6], [7, 9, 13]], 0.5000),
    "SMIC-VIS": ((31, 40, 40), [[5, 3, 1], [1, 6, 1], [1, 0, 13]], 0.7425),
    "SMIC-NIR": ((22, 49, 49), [[1, 0, 1], [0, 6, 2], [1, 2, 9]], 0.6667),
    "CAS(ME)²": ((17, 206, 40), [[1, 0, 0], [0, 1, 1], [2, 0, 2]], 0.5794),
    "SAMM Long": ((26, 363, 133), [[0, 0, 3], [0, 1, 1], [1, 0, 13]], 0.5018),
}


@pytest.mark.parametrize("database", CELLS)
def test_the_authors_product_is_of_macro_precision_and_macro_recall(database):
    spotted, precision, recall, f1, product = CELLS[database]
    assert float(harmonic(precision, recall)) == pytest.approx(f1, abs=1.01e-4)
    # Of rounded factors, so the last digit may differ by one.
    assert spotted * float(harmonic(precision, recall)) == pytest.approx(product, abs=6e-5)


@pytest.mark.parametrize("database", COUNTS)
def test_a_record_with_the_published_counts_gets_the_published_scores(database):
    (tp, fp, fn), confusion, uf1 = COUNTS[database]
    names = ["negative", "positive", "surprise"]
    pairs = [(names[i], names[j]) for i in range(3) for j in range(3)
             for _ in range(confusion[i][j])]  # fmt: skip
    # True positives beyond those that are analysed have an emotion outside of the classes.
    pairs += [("others", "negative")] * (tp - len(pairs))
    truth = [("v", 20 * i, 20 * i + 9, meant) for i, (meant, _) in enumerate(pairs)]
    found = [("v", 20 * i, 20 * i + 9, said) for i, (_, said) in enumerate(pairs)]
    truth += [("w", 20 * i, 20 * i + 9, "negative") for i in range(fn)]
    found += [("x", 20 * i, 20 * i + 9, "negative") for i in range(fp)]
    columns = ["video", "onset", "offset", "emotion"]
    videos = pd.DataFrame({"video": list("vwx"), "subject": list("123")})
    said = strs(pd.DataFrame(found, columns=columns), pd.DataFrame(truth, columns=columns),
                videos, classes=names)  # fmt: skip
    spotted, precision, recall, f1, product = CELLS[database]
    assert said["n"] == sum(map(sum, confusion))
    assert said["f1_spotting"] == pytest.approx(spotted, abs=6e-5)
    assert said["precision_analysis"] == pytest.approx(precision, abs=6e-5)
    assert said["recall_analysis"] == pytest.approx(recall, abs=6e-5)
    assert said["f1_analysis"] == pytest.approx(f1, abs=6e-5)
    assert said["strs"] == pytest.approx(product, abs=6e-5)
    assert said["uf1_analysis"] == pytest.approx(uf1, abs=6e-5)
    assert said["strs_uf1"] == pytest.approx(said["f1_spotting"] * said["uf1_analysis"])
    assert said["strs_low"] <= said["strs"] <= said["strs_high"]


def test_classes_that_nobody_shows_count_in_uf1_and_not_for_the_authors():
    truth = pd.DataFrame({"video": list("ab"), "onset": 0, "offset": 9,
                          "emotion": ["sad", "glad"]})  # fmt: skip
    videos = pd.DataFrame({"video": list("ab"), "subject": list("12")})
    said = strs(truth, truth, videos, classes=["sad", "glad", "angry"])
    assert said["f1_analysis"] == 1 and said["uf1_analysis"] == pytest.approx(2 / 3)


def test_without_a_guess_an_expression_is_spotted_and_not_recognised():
    truth = pd.DataFrame({"video": list("ab"), "onset": 0, "offset": 9, "emotion": "sad"})
    videos = pd.DataFrame({"video": list("ab"), "subject": list("12")})
    said = strs(truth.assign(emotion=["Sad ", np.nan]), truth, videos)
    assert said["f1_spotting"] == 1
    assert (said["precision_analysis"], said["recall_analysis"]) == (1, 0.5)
    with pytest.raises(BadInput, match="truth have no column emotion"):
        strs(truth, truth.drop(columns="emotion"), videos)


def test_videos_of_one_name_in_two_databases_are_two():
    truth = pd.DataFrame({"dataset": list("AB"), "video": "v", "onset": [0, 50],
                          "offset": [9, 59], "emotion": ["sad", "glad"]})  # fmt: skip
    videos = pd.DataFrame({"dataset": list("AB"), "video": "v", "subject": "1"})
    swapped = truth.assign(dataset=list("BA"))
    assert strs(truth, truth, videos)["strs"] == 1
    assert strs(swapped, truth, videos)["f1_spotting"] == 0
