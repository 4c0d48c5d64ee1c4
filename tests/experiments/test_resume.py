"""What is kept of a command goes with it, however an earlier one ended."""

import json

import pytest

from mebench.experiments.resume import Work
from mebench.storage import atomic


def test_half_a_note_of_who_was_killed_is_cleared(tmp_path, monkeypatch):
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.json").write_text(json.dumps({"predictions_sha256": "abc"}))

    def killed(*names):
        raise KeyboardInterrupt

    work = Work(tmp_path)
    work.open("key")
    with monkeypatch.context() as patched:
        patched.setattr(atomic.os, "replace", killed)
        patched.setattr(atomic.Path, "unlink", lambda self, missing_ok=False: None)  # nor cleared
        with pytest.raises(KeyboardInterrupt):
            work.finish("key", run, "")
    assert list((tmp_path / ".work").rglob(".writing-*"))
    again = Work(tmp_path)
    assert again.finished("key") is None
    again.open("key")
    again.finish("key", run, "as before")
    assert Work(tmp_path).finished("key") == (run, "as before")
    again.close()
    assert not (tmp_path / ".work").exists()
