"""Work in progress, beside the runs: what an interrupted command finds when it is given again."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from ..storage.atomic import read_sealed, write_sealed

__all__ = ["Work"]

_FORGOTTEN = 30 * 86_400.0  # seconds (our choice)


class Work:
    """Folders of unfinished runs, and notes of finished ones, in ``out/.work``.

    A run is known by a key, the hash of all that decides its result. Until the whole command is
    done, what it has finished stays, so that it is not done again; then all of it is removed.

    Parameters
    ----------
    out : path
        Folder of the run directories. Nothing is made before something is kept.
    fresh : bool, default False
        Forget what is kept of each run that is asked for.
    """

    def __init__(self, out: str | os.PathLike[str], fresh: bool = False) -> None:
        self.out = Path(out)
        self.folder = self.out / ".work"
        self._fresh = fresh
        self._keys: list[str] = []

    def open(self, key: str) -> Path:
        """The folder for the parts of a run."""
        if key not in self._keys:
            self._keys.append(key)
            if self._fresh:
                self._remove(key)
        return self.folder / key

    def finished(self, key: str) -> tuple[Path, str] | None:
        """The folder of a run that this command has finished before, and the remark on it."""
        data = read_sealed(self.folder / f"{key}.done", key)
        if data is None:
            return None
        note = json.loads(data)
        folder = self.out / note["folder"]
        try:
            header: dict[str, Any] = json.loads((folder / "run.json").read_text())
        except (OSError, ValueError):
            return None
        same = header.get("predictions_sha256") == note["predictions_sha256"]
        return (folder, note["remark"]) if same else None

    def finish(self, key: str, folder: Path, remark: str) -> None:
        """Note that a run is finished and saved, and drop its parts."""
        header = json.loads((folder / "run.json").read_text())
        note = {
            "folder": folder.name,
            "predictions_sha256": header["predictions_sha256"],
            "remark": remark,
        }
        with contextlib.suppress(OSError):
            # In the run's own folder first, which goes in any case: who is killed while writing
            # leaves half a note, and nobody would know whose it is.
            written = self.folder / key / "done"
            write_sealed(written, json.dumps(note).encode(), key)
            os.replace(written, self.folder / f"{key}.done")
            shutil.rmtree(self.folder / key, ignore_errors=True)

    def close(self) -> None:
        """All is done: remove what was kept for it. Work of other commands stays."""
        for key in self._keys:
            self._remove(key)
        # Nobody comes back to what another version of the program has left.
        for path in self.folder.glob("*"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _FORGOTTEN:
                    self._remove(path.stem)
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def _remove(self, key: str) -> None:
        shutil.rmtree(self.folder / key, ignore_errors=True)
        with contextlib.suppress(OSError):
            (self.folder / f"{key}.done").unlink(missing_ok=True)
