"""Damaged files of every kind: a clear error or a result, never a traceback."""

import os
import signal
import time
import unicodedata
import warnings

import pytest
from fuzzing import TARGETS, Hang, attempt, campaign, patience, share
from hypothesis import HealthCheck, Phase, given, settings

from mebench.scoring.metrics import confusion_matrix
from mebench.scoring.prediction_files import read_predictions


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)
def test_damage_is_an_error_or_a_result(target, tmp_path):
    @campaign(share(0.6 / len(TARGETS)))
    @given(target.damage())
    def case(damage):
        with patience(damage):
            kind, value = attempt(target, damage, tmp_path / "case")
        if kind == "error":
            assert value.strip() and "Traceback" not in value

    case()


def test_the_harness_would_notice(tmp_path):
    target = next(t for t in TARGETS if t.name == "predictions")
    assert attempt(target, lambda path: None, tmp_path / "case")[0] == "result"
    assert attempt(target, lambda path: path.write_text("x"), tmp_path / "case")[0] == "error"
    broken = type(target)("broken", target.make, lambda path: {}["x"], target.damage)
    with pytest.raises(KeyError):
        attempt(broken, lambda path: None, tmp_path / "case")


def test_a_hang_would_be_noticed(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    whole = signal.setitimer
    monkeypatch.setattr(signal, "setitimer", lambda kind, s: whole(kind, min(s, 0.05)))
    with pytest.raises(Hang, match="of nobody"), patience("a pipe of nobody"):
        (tmp_path / "pipe").read_bytes()
    times = iter([0.0, 10.5])
    monkeypatch.setattr(time, "process_time", lambda: next(times))
    with pytest.raises(Hang, match="long"), patience("long"):
        pass


def test_a_score_never_changes_silently(tmp_path):
    """Predictions that are accepted are scored as a reader of the plain text would score them."""
    target = next(t for t in TARGETS if t.name == "predictions")
    accepted = []

    @settings(max_examples=150, deadline=None, derandomize=True, database=None,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(target.damage())
    def case(damage):
        kind, _ = attempt(target, damage, tmp_path / "case")
        if kind == "error":
            return
        accepted.append(1)
        path = tmp_path / "case" / "predictions.csv"
        data = path.read_bytes()
        marked = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        lines = plain_rows(data.decode("utf-16" if marked else "utf-8-sig"))
        header = lines[0]
        truth, guess = ([r[header.index(c)] for r in lines[1:]] for c in ("y_true", "y_pred"))
        first = {}
        for label in [*truth, *guess]:
            first.setdefault(one_label(label), visible(label))
        truth, guess = ([first[one_label(label)] for label in side] for side in (truth, guess))
        found = read_predictions(path)
        classes = sorted({*truth, *guess})
        assert sorted(found.classes) == classes
        naive = [[sum(t == a and g == b for t, g in zip(truth, guess, strict=True))
                  for b in found.classes] for a in found.classes]  # fmt: skip
        assert found.confusion().tolist() == naive

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        case()
    assert len(accepted) > 10


def visible(label):
    """A label without what nobody sees."""
    unseen = "\ufeff\u200b\u200c\u200d\u2060\u00ad"
    shown = "".join(c for c in unicodedata.normalize("NFC", label) if c not in unseen)
    return " ".join(unicodedata.normalize("NFC", shown).split())


def one_label(label):
    """Labels that agree as numbers, or but for case, have one key."""
    word = visible(label).casefold()
    try:
        number = float(word)
    except ValueError:
        return word
    return word if "_" in word or number != number or abs(number) == float("inf") else number


def plain_rows(text):
    """Cells of a CSV file by its grammar, character by character; no library."""
    rows, row, cell, quoted, i = [], [], "", False, 0
    while i < len(text):
        c = text[i]
        if quoted:
            if c == '"' and text[i + 1 : i + 2] == '"':
                cell, i = cell + '"', i + 1
            elif c == '"':
                quoted = False
            else:
                cell += c
        elif c == '"' and not cell:
            quoted = True
        elif c == ",":
            row, cell = [*row, cell], ""
        elif c in "\r\n":
            if row or cell:
                rows.append([*row, cell])
            row, cell = [], ""
        else:
            cell += c
        i += 1
    return [*rows, [*row, cell]] if row or cell else rows


def test_confusion_twin():
    truth, guess = list("aabb"), list("abbb")
    assert confusion_matrix(truth, guess, ["a", "b"]).tolist() == [[1, 1], [0, 2]]
