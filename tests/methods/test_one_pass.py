"""One reading of a clip serves all methods, and gives what each gives alone."""

import cv2
import numpy as np
import pytest

from mebench import HOOF, LBPTOP, MDMO, TIM, AlignFace, Clip, FindLandmarks, FrameFiles
from mebench.errors import BadInput
from mebench.features import OSF
from mebench.flow import clip_flow, flow
from mebench.flow.shared import sharing_flows
from mebench.methods.extract import extract, row_key
from mebench.methods.one_pass import extract_together, held, step_tree
from mebench.results.strips import strip_steps
from mebench.storage import ArrayCache
from mebench.testing import make_clips


@pytest.fixture
def clips(tmp_path):
    out = []
    for clip in make_clips(3):
        folder = tmp_path / clip.id
        folder.mkdir()
        paths = []
        for i, frame in enumerate(clip.frames):
            cv2.imwrite(str(folder / f"{i}.png"), frame)
            paths.append(str(folder / f"{i}.png"))
        files = FrameFiles(tuple(paths))
        out.append(Clip(clip.id, files, apex=clip.apex, landmarks=clip.landmarks))
    return out


CHAINS = [[TIM(10), LBPTOP()], [TIM(10), HOOF()], [MDMO()], [OSF()],
          [AlignFace(size=(60, 50)), LBPTOP()]]  # fmt: skip


def test_the_cache_holds_what_each_method_makes_alone(clips, tmp_path):
    cache = ArrayCache(tmp_path / "cache")
    extract_together(CHAINS, clips, cache)
    for chain in CHAINS:
        alone = extract(chain, clips).matrix()
        found = np.stack([cache.get(row_key(chain, clip)) for clip in clips])
        np.testing.assert_array_equal(found, alone)
        assert extract(chain, clips, cache=cache).from_cache == len(clips)


def test_each_frame_is_decoded_once_and_each_file_hashed_once(clips, tmp_path, monkeypatch):
    from mebench import clip as module

    decoded, hashed = [], []
    read, raw = module.read_image, module._read_bytes
    monkeypatch.setattr(module, "read_image", lambda p, m: decoded.append(p) or read(p, m))
    monkeypatch.setattr(module, "_read_bytes", lambda p: hashed.append(p) or raw(p))
    cache = ArrayCache(tmp_path / "cache")
    extract_together(CHAINS, clips, cache)
    for chain in CHAINS:
        extract(chain, clips, cache=cache)
    frames = sum(map(len, clips))
    assert len(decoded) == len(set(decoded)) == frames
    assert len(hashed) == len(set(hashed)) == frames


def test_a_changed_frame_is_hashed_again(clips):
    before = clips[0].digest()
    assert clips[0].digest() == before
    cv2.imwrite(clips[0].source.paths[0], np.zeros_like(clips[0].frames[0]))
    assert clips[0].digest() != before


class Broken(TIM):
    def transform(self, X):
        raise RuntimeError("broken")


def test_a_step_that_fails_takes_only_its_own_branch_along(clips, tmp_path):
    cache = ArrayCache(tmp_path / "cache")
    extract_together([[Broken(5), LBPTOP()], [TIM(10), LBPTOP()]], clips, cache)
    assert row_key([TIM(10), LBPTOP()], clips[0]) in cache
    with pytest.raises(RuntimeError, match="broken"):
        extract([Broken(5), LBPTOP()], clips, cache=cache)


def test_steps_that_begin_alike_are_one_node():
    tree = step_tree(CHAINS)
    assert [type(node.step).__name__ for node in tree.values()] == [
        "TIM",
        "MDMO",
        "OSF",
        "AlignFace",
    ]
    assert len(next(iter(tree.values())).children) == 2


def test_what_is_held_reads_as_the_files_do(clips):
    clip = clips[0]
    shown = held(clip)
    np.testing.assert_array_equal(shown.read([3, 0, -1]), clip.read([3, 0, -1]))
    np.testing.assert_array_equal(shown.frames, clip.frames)
    np.testing.assert_array_equal(shown.read([2, 2]), clip.read([2, 2]))
    assert shown.frames is shown.frames
    assert shown.digest() == clip.digest()


def test_flows_are_shared_within_the_clip_only():
    video = np.stack([np.roll(np.random.default_rng(0).integers(0, 255, (32, 32)), t, 0)
                      for t in range(4)]).astype(np.uint8)  # fmt: skip
    with sharing_flows():
        first = clip_flow(video)
        assert clip_flow(video.copy()) is first
        assert clip_flow(video, reference="previous") is not first
        assert flow(video[0], video[1]) is flow(video[0], video[1])
        assert flow(video[0], video[1], "dis") is not flow(video[0], video[1])
    assert clip_flow(video) is not first
    np.testing.assert_array_equal(clip_flow(video), first)


def test_flows_go_with_the_frames_that_they_are_of(clips, tmp_path, monkeypatch):
    from mebench.flow import shared

    known, row = [], HOOF._row
    monkeypatch.setattr(HOOF, "_row", lambda self, clip: known.append(len(shared._here.known)) or
                        row(self, clip))  # fmt: skip
    chains = [[AlignFace(size=(60, 50)), MDMO()], [AlignFace(size=(60, 50)), HOOF()],
              [AlignFace(size=(70, 60)), HOOF()]]  # fmt: skip
    extract_together(chains, clips[:1], ArrayCache(tmp_path / "cache"), n_jobs=1)
    assert known[0] > 0 and known[1:] == [0]


def test_all_frames_are_read_a_few_at_a_time(tmp_path):
    paths = []
    for i in range(40):
        paths.append(str(tmp_path / f"{i}.png"))
        cv2.imwrite(paths[-1], np.full((8, 9), i, np.uint8))
    shown = held(Clip("many", FrameFiles(tuple(paths))))
    assert shown.read([7]).max() == 7
    assert shown.frames[:, 0, 0].tolist() == list(range(40))
    cv2.imwrite(paths[30], np.zeros((1, 1), np.uint8))
    with pytest.raises(BadInput):
        _ = held(Clip("many", FrameFiles(tuple(paths)))).frames


def test_frames_that_one_step_asks_for_pass_by(clips, tmp_path, monkeypatch):
    """A face is cut out of frames that are decoded as it goes on; no frame twice, none kept."""
    from mebench import clip as module
    from mebench.methods import one_pass

    decoded, shown, read = [], [], module.read_image
    monkeypatch.setattr(module, "read_image", lambda p, m: decoded.append(p) or read(p, m))
    monkeypatch.setattr(one_pass, "held", lambda *a, **b: shown.append(held(*a, **b)) or shown[-1])
    crop = [FindLandmarks(), AlignFace(size=(60, 50))]
    chains = [[*crop, LBPTOP()], [*crop, HOOF()], strip_steps(landmarks=True)]
    cache = ArrayCache(tmp_path / "cache")
    extract_together(chains, clips, cache, n_jobs=1)
    assert len(decoded) == len(set(decoded)) == sum(map(len, clips))
    assert [len(clip.source.kept) for clip in shown] == [3, 3, 3]  # those of the strip
    alone = extract(chains[0], clips).matrix()
    found = np.stack([cache.get(row_key(chains[0], clip)) for clip in clips])
    np.testing.assert_array_equal(found, alone)

    passing = held(clips[0], passing=True)
    first = np.stack(list(passing.stream()))
    np.testing.assert_array_equal(first, clips[0].frames)
    assert not passing.source.kept
    np.testing.assert_array_equal(np.stack(list(passing.stream())), first)
    assert passing.frames is passing.frames  # asked for twice: kept


def test_no_descriptor_writes_into_a_shared_flow(clips, tmp_path):
    """What one descriptor makes of a clip does not depend on which came before it."""
    from mebench.features import FDM, FHOFO, BiWOOF

    chains = [
        [step]
        for step in (HOOF(), OSF(), BiWOOF(), FHOFO(), FDM(), MDMO(), HOOF(pairs="consecutive"))
    ]
    for order in (chains, chains[::-1]):
        cache = ArrayCache(tmp_path / f"cache{order is chains}")
        extract_together(order, clips[:1], cache)
        for chain in chains:
            found = cache.get(row_key(chain, clips[0]))
            np.testing.assert_array_equal(found, extract(chain, clips[:1]).matrix()[0])


def test_the_tree_is_told_with_the_time_of_each_step(clips, tmp_path, caplog):
    """The same kind of step twice: each line has its own seconds, not those of both."""
    chains = [[TIM(10), LBPTOP()], [TIM(12), LBPTOP()], [HOOF()]]
    with caplog.at_level("INFO", logger="mebench.methods.one_pass"):
        spent = extract_together(chains, clips[:2], ArrayCache(tmp_path / "cache"), n_jobs=1)
    summary, *lines = [record.message for record in caplog.records]
    assert "one pass over 2 clips" in summary and "over all threads: " in summary
    names = [line.split(" (")[0] for line in lines]
    assert names == ["  decode", "    TIM", "      LBPTOP", "    TIM", "      LBPTOP", "    HOOF"]
    seconds = {kind: 0.0 for kind in spent}
    for line in lines:
        seconds[line.split(" (")[0].strip()] += float(line.split(" (")[1].split(" s")[0])
    assert all(abs(seconds[kind] - spent[kind]) < 0.2 for kind in spent)
    caplog.clear()
    with caplog.at_level("INFO", logger="mebench.methods.one_pass"):
        assert extract_together(chains, clips[:2], ArrayCache(tmp_path / "cache"), n_jobs=1) == {}
    assert [r.message.split("; ")[1] for r in caplog.records] == [
        "over all threads: all from the cache"
    ]
