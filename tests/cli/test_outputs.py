"""Where commands write: checked before any work."""

import os

import pytest

from mebench.cli.outputs import check_folder, check_outputs
from mebench.errors import BadInput


def test_folders_are_made_and_nothing_is_left_in_them(tmp_path):
    path = tmp_path / "a" / "b" / "c.csv"
    check_outputs(None, path)
    assert path.parent.is_dir() and not list(path.parent.iterdir())
    check_folder(tmp_path / "figures")
    assert (tmp_path / "figures").is_dir()


def test_what_cannot_be_written_is_refused(tmp_path):
    there = tmp_path / "there.csv"
    there.write_text("mine")
    with pytest.raises(BadInput, match="--force"):
        check_outputs(there)
    check_outputs(there, force=True)
    assert there.read_text() == "mine"
    with pytest.raises(BadInput, match="is a folder"):
        check_outputs(tmp_path, force=True)
    with pytest.raises(BadInput, match="twice"):
        check_outputs(tmp_path / "x.csv", tmp_path / "." / "x.csv")
    with pytest.raises(BadInput, match="Cannot write x.csv"):
        check_outputs(there / "x.csv")  # a file stands where its folder should
    with pytest.raises(BadInput, match="not empty"):
        check_folder(tmp_path)
    check_folder(tmp_path, force=True)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(BadInput, match="Cannot write"):
        check_outputs(tmp_path / "x.csv")
