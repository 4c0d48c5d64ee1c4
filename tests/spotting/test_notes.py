import pandas as pd

from mebench.spotting import Spotting, spotting_notes


def test_flow_of_another_opencv_is_said(monkeypatch):
    curves = pd.DataFrame({"face": [True] * 90})
    for version, said in (("4.12.0", 1), ("5.0.0", 0), ("5.1.0-dev", 0)):
        monkeypatch.setattr("cv2.__version__", version)
        notes = spotting_notes(Spotting("a", "trajectory", 30.0, curves, curves[:0]))
        assert len(notes) == said and all(version in note for note in notes)
        assert not spotting_notes(Spotting("a", "strain", 30.0, curves, curves[:0]))
