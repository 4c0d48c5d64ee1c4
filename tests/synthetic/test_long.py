import numpy as np
import pytest

from mebench.datasets.long import load_long
from mebench.errors import BadInput, DataNotFound
from mebench.synthetic.long import LONG_LAYOUTS, write_long_corpus
from mebench.synthetic.long_plan import plan_script, plan_scripts


def test_videos_hold_all_that_a_face_does_and_some_no_micro_expression():
    scripts = plan_scripts((0, 5), 10, 2, 40, 30.0)
    kinds = [e.kind for s in scripts for e in s.events]
    assert {"micro", "macro", "blink", "turn", "talk"} == set(kinds)
    micro = [sum(e.kind == "micro" for e in s.events) for s in scripts]
    assert min(micro) == 0 and max(micro) >= 2
    assert any(not s.expressions() for s in scripts)
    assert kinds.count("blink") > 100


def test_expressions_are_as_long_as_their_kind_and_do_not_overlap():
    for script in plan_scripts((1,), 5, 2, 40, 60.0):
        ends = 0
        for event in script.expressions():
            seconds = (event.offset - event.onset) / 60
            assert (seconds <= 0.52) if event.kind == "micro" else (0.5 < seconds < 4)
            assert event.onset <= event.apex <= event.offset < script.n_frames
            assert event.onset >= ends
            ends = event.offset


def test_number_of_micro_expressions_can_be_chosen():
    script = plan_script((0,), 1, 1, 20, 30.0, micro=2)
    assert sum(e.kind == "micro" for e in script.events) == 2


@pytest.mark.parametrize("layout", list(LONG_LAYOUTS))
def test_every_layout_is_read_back(tmp_path, layout, monkeypatch):
    # Flat frames: names and sheets are what is tried.
    monkeypatch.setattr(
        "mebench.synthetic.long.render_script",
        lambda script, view: (np.zeros((8, 8), np.uint8) for _ in range(script.n_frames)),
    )
    monkeypatch.setattr("mebench.synthetic.long.write_image", lambda path, *_: path.touch())
    videos = 1 if layout == "casme3c-long" else 2  # one recording per person there
    root = write_long_corpus(layout, tmp_path / "corpus", subjects=3, videos=videos, seconds=25)
    database = load_long(layout, root)
    scripts = plan_scripts((0, 5), 3, videos, 25, LONG_LAYOUTS[layout].fps)
    assert database.videos["n_frames"].tolist() == [s.n_frames for s in scripts]
    assert database.labelled and set(database.truth["kind"]) <= {"micro", "macro"}
    for script, video in zip(scripts, database.videos["video"], strict=True):
        others = database.events[database.events["video"] == video]
        made = [(e.kind, e.onset, e.offset) for e in script.events
                if e.kind in ("blink", "turn", "talk") and e.onset < script.n_frames]  # fmt: skip
        found = others.itertuples(index=False)
        assert sorted(made) == sorted((r.cause, r.onset, r.offset) for r in found)
        events = script.expressions()
        if layout.startswith("smic"):
            events = [e for e in events if e.kind == "micro"][:3]
        mine = database.truth[database.truth["video"] == video].sort_values("onset")
        assert mine["kind"].tolist() == [e.kind for e in events]
        assert mine["onset"].tolist() == [e.onset for e in events]
        if layout != "casme-sq-long":  # some offsets are 0 there: the apex ends the expression
            assert mine["offset"].tolist() == [e.offset for e in events]
        if layout not in ("casme3c-long",) and not layout.startswith("smic"):
            assert mine["apex"].tolist() == [e.apex for e in events]


def test_what_cannot_be_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no layout"):
        write_long_corpus("casme2", tmp_path / "a")
    with pytest.raises(BadInput, match="10 to 3600"):
        write_long_corpus("samm-long", tmp_path / "a", seconds=3)
    with pytest.raises(BadInput, match="No database of long videos"):
        load_long("casme2")
    with pytest.raises(DataNotFound, match="MEBENCH_SAMM_LONG"):
        load_long("samm-long")
