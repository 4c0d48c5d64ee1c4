"""Every layout: what the synthetic writer wrote is what the real loader reads."""

import math
import os
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from mebench.clip import VideoFile
from mebench.datasets import COLUMNS, annotations, card, label_sets, load
from mebench.datasets.au import parse_aus
from mebench.datasets.check import check
from mebench.synthetic import LAYOUTS, write_corpus
from mebench.synthetic.write import _layout, _stream, plan_entries

SIZE = {"subjects": 4, "clips": 26}
NO_APEX = ("smic-hs", "smic-vis", "smic-nir")
UNLABELLED = {"dfme": "test_A/"}  # clips that are there to be predicted
OTHER_WORDS = {"samm": str.lower, "casme3a": str.lower, "4dme": str.lower}


@pytest.fixture(scope="module", params=sorted(LAYOUTS))
def corpus(request, tmp_path_factory):
    name = request.param
    out = write_corpus(name, tmp_path_factory.mktemp("x") / name, seed=5, plain=True, **SIZE)
    return name, out, plan_entries(_layout(name), _stream(name, 5), **SIZE)


def by_files(out, entries):
    """Entry by the files from its onset to its offset."""
    found = {}
    for e in entries:
        inside = slice(e.plan.onset, e.plan.offset + 1)
        files = [str(out / n) for n in e.raw[inside]] if e.raw else [str(out / e.video)]
        found[tuple(files)] = e
    return found


def test_what_was_written_is_what_is_read(corpus):
    name, out, entries = corpus
    samples = load(name, root=out, labels="all")
    assert tuple(samples.table.columns) == (*COLUMNS, *(["part"] if name == "dfme" else []))
    entries = [e for e in entries if not e.name.startswith(UNLABELLED.get(name, "-"))]
    known = by_files(out, entries)
    shortened = 0
    seen = []
    for clip, (_, row) in zip(samples.clips, samples.table.iterrows(), strict=True):
        source = clip.source
        files = (source.path,) if isinstance(source, VideoFile) else source.paths
        entry = known.get(files)
        if entry is None:  # CAS(ME)²: an offset of 0 means that the apex ends the clip
            assert name == "casme-sq"
            entry = next(e for e in entries if str(out / e.raw[e.plan.onset]) == files[0])
            assert len(files) == entry.plan.apex - entry.plan.onset + 1
            shortened += 1
        plan = entry.plan
        seen.append(entry.name)
        assert clip.fps == row["fps"] == plan.fps
        assert plan.fps == _layout(name).fps or name == "dfme"
        assert row["emotion"] == row["label"] == plan.emotion
        assert row["clip"] == entry.label or name == "casme2"
        assert int("".join(filter(str.isdigit, row["subject"]))[-2:]) > 0
        if name in NO_APEX:
            assert clip.apex is None and row["apex_source"] == "none" and pd.isna(row["onset"])
        else:
            assert row["onset"] == entry.first + plan.onset
            coded = {u.number for u in parse_aus(row["au"]) if not u.held and not u.alternative}
            assert coded == {u.number for u in parse_aus(plan.units)}
        if row["apex_source"] == "annotated":
            assert clip.apex == plan.apex - plan.onset
        elif name == "casme3c":
            assert row["apex_source"] == "estimated"
            assert clip.apex == (2 * entry.first + plan.onset + plan.offset) // 2 - (
                entry.first + plan.onset
            )
        if not shortened:
            assert len(clip) == plan.offset - plan.onset + 1
    assert len(set(seen)) == len(seen)
    several = 1 if name == "4dme" else 0  # a clip in twenty has two emotions
    if name == "ckplus":  # nearly half of the sequences have no emotion
        several = sum(e.plan.emotion == "others" for e in entries)
    assert len(seen) == len(entries) - several
    assert samples.table.groupby("subject").ngroups == (3 if name in UNLABELLED else 4)
    assert shortened == (name == "casme-sq")


def test_frames_are_read(corpus):
    name, out, _ = corpus
    clips = load(name, root=out, labels="all").clips
    for clip in (clips[0], clips[-1]):
        frames = clip.frames
        assert frames.dtype == np.uint8 and frames.shape[0] == len(clip)
        # The level of a plain frame is its index in what was written; the first is a clip's own.
        assert (np.abs(np.diff(frames[1:, 0, 0].astype(int)) - 1) <= 1).all()
    colour = load(name, root=out, labels="all", colour=True).clips[0]
    assert colour.frames.ndim == 4
    assert colour.digest() != clips[0].digest()


def test_every_label_set(corpus):
    name, out, entries = corpus
    for labels in label_sets(name):
        if labels == "auN":
            samples = load(name, root=out, labels="au12")
            entries = [e for e in entries if not e.name.startswith(UNLABELLED.get(name, "-"))]
            assert len(samples) == len(entries)
            smiles = sum("12" in e.plan.units.strip("LR").split("+") for e in entries)
            found = Counter(samples.y)["present"]
            assert abs(found - smiles) <= 2  # "L12"
            continue
        table = annotations(name, root=out, labels=labels)
        assert table["label"].notna().sum() > 0
    assert "au12" not in label_sets(name)


def test_it_is_whole(corpus):
    name, out, entries = corpus
    report = check(name, out)
    assert report.errors == []
    assert report.version == f"synthetic corpus, {len(entries)} rows"
    assert report.counts["rows"] == len(entries)
    for finding in report.warnings:
        no_emotion = name == "ckplus" and finding.what.startswith("no emotion")
        assert no_emotion or "without an apex" in finding.what
    variants = [
        v for v in report.counts if isinstance(report.counts[v], dict) and v != "label sets"
    ]
    for variant in variants:
        load(name, root=out, variant=variant, labels="all")


def test_ids_are_unique_and_name_the_subject(corpus):
    name, out, _ = corpus
    table = annotations(name, root=out)
    assert table["clip_id"].is_unique
    assert all(
        i.startswith(f"{name}/{s}/") for i, s in zip(table.clip_id, table.subject, strict=True)
    )
    assert set(table["dataset"]) == {name}


def test_folders_in_other_case_and_deeper(corpus, tmp_path):
    name, out, _ = corpus
    deeper = tmp_path / "unpacked" / "twice"
    deeper.parent.mkdir()
    os.symlink(out, deeper)
    if name == "meview":
        return  # the manifest lies in the folder that is given
    assert len(load(name, root=tmp_path / "unpacked", labels="all")) == len(
        load(name, root=out, labels="all")
    )


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_rate_and_size_are_those_of_the_card(name):
    layout, about = LAYOUTS[name], card(name)
    if about.fps is not None:
        assert layout.fps == about.fps
    if about.resolution and name != "samm":
        assert about.resolution.startswith(f"{layout.view.size[0]}×{layout.view.size[1]}")
    published = next(iter(about.counts.values()), {}).get("all")
    if published:
        shares = dict(layout.true_counts or layout.shares)
        assert name != "ckplus" or shares.pop("others") == 593 - 327
        assert shares == dict(published)
    if about.subjects and name != "dfme":  # the card counts the database, the layout a release
        assert layout.subjects == about.subjects
    assert math.isfinite(layout.view.face_width)
