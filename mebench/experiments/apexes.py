"""Another apex where the annotated one is missing or lies on the onset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from ..datasets import Samples
from ..errors import BadInput, did_you_mean
from ..features import FindApex

__all__ = ["APEX_POLICIES", "check_apex", "with_apexes"]

#: Name of ``--apex`` → the frame that stands for a missing apex, or one on the onset.
APEX_POLICIES: Mapping[str, str] = {
    "middle": "the frame halfway between onset and offset",
    "fft": "the frame where the texture changes most quickly (3D-FFT)",
    "strain": "the frame of most optical strain since the onset",
}


def check_apex(policy: str | None) -> None:
    """Raise on a policy that does not exist; None leaves the apexes as annotated.

    Raises
    ------
    BadInput
    """
    if policy is not None and policy not in APEX_POLICIES:
        raise BadInput(
            f"apex must be one of {', '.join(APEX_POLICIES)}, found {policy!r}."
            f"{did_you_mean(policy, APEX_POLICIES)}"
        )


def with_apexes(samples: Samples, policy: str | None) -> Samples:
    """The samples with the frame of a policy where the apex is missing or is the onset itself.

    From the onset to an apex that is the onset nothing moves, so every feature of that motion is
    zero. Annotated apexes after the onset stay. In the table, changed apexes are "estimated".

    Parameters
    ----------
    samples : Samples
    policy : {'middle', 'fft', 'strain'}, optional
        As in :class:`mebench.features.FindApex`. None changes nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from mebench.clip import Clip
    >>> clips = [Clip(name, np.zeros((9, 4, 4), np.uint8), apex=apex)
    ...          for name, apex in (("a", 3), ("b", 0))]
    >>> table = pd.DataFrame({"clip_id": ["a", "b"], "dataset": "toy", "subject": "1",
    ...                       "label": "x"})
    >>> changed = with_apexes(Samples(clips, table, ["x"]), "middle")
    >>> [clip.apex for clip in changed.clips], changed.notes[-1]
    ([3, 4], 'apex: annotated in 1 clip(s), the frame halfway between onset and offset in 1')
    """
    check_apex(policy)
    if policy is None:
        return samples
    find = FindApex(policy, replace=True)
    clips, table = list(samples.clips), samples.table.copy()
    rows = [i for i, c in enumerate(clips) if len(c) and (c.apex is None or c.apex == c.onset)]
    for i in rows:
        (clips[i],) = find.transform([clips[i]])
        if {"onset", "apex", "apex_source"} <= set(table):
            known = pd.notna(table.at[i, "onset"])
            moved = (clips[i].apex or 0) - clips[i].onset
            table.loc[i, "apex"] = table.at[i, "onset"] + moved if known else None
            table.loc[i, "apex_source"] = "estimated"
    note = (
        f"apex: annotated in {len(clips) - len(rows)} clip(s), {APEX_POLICIES[policy]} in "
        f"{len(rows)}"
    )
    return replace(samples, clips=clips, table=table, notes=[*samples.notes, note])
