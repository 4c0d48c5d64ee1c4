"""Single frames of clips as samples of their own, as some texts train frame classifiers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..clip import Clip, FrameFiles, VideoFile
from ..datasets import Samples
from ..errors import BadInput

__all__ = ["single_frames"]


def single_frames(samples: Samples, most: int) -> Samples:
    """Evenly spaced frames of every clip, each a clip of one frame with its clip's facts.

    A protocol that knows clips only then puts frames of one clip on both sides; the persons
    stay what they are, so one by persons does not.

    Parameters
    ----------
    samples : Samples
    most : int
        Frames of a clip; all of a shorter one.

    Examples
    --------
    >>> clips = [Clip("a", np.zeros((5, 8, 8), np.uint8))]
    >>> table = pd.DataFrame({"clip_id": ["a"], "dataset": "toy", "subject": "1", "label": "x"})
    >>> single_frames(Samples(clips, table, ["x"]), 3).table["clip_id"].tolist()
    ['a#0', 'a#2', 'a#4']
    """
    if most < 1:
        raise BadInput(f"single_frames must be at least 1, found {most}.")
    clips, rows, names = [], [], []
    for i, clip in enumerate(samples.clips):
        n = len(clip)
        for t in np.unique(np.linspace(0, n - 1, min(n, most)).astype(int)):
            source = clip.source
            if isinstance(source, FrameFiles):
                source = FrameFiles((source.paths[t],), source.colour)
            elif isinstance(source, VideoFile):
                source = VideoFile(source.path, source.first + int(t), 1, source.colour)
            else:
                source = clip.read([int(t)])
            names.append(f"{clip.id}#{t}")
            clips.append(Clip(names[-1], source, fps=clip.fps, onset=0, apex=0, offset=0))
            rows.append(i)
    table = samples.table.iloc[rows].reset_index(drop=True).assign(clip_id=names)
    note = f"{len(clips)} single frames of {len(samples)} clips, at most {most} of each"
    classes, notes = samples.classes, [*samples.notes, note]
    return Samples(clips, pd.DataFrame(table), classes, notes, samples.label_set)
