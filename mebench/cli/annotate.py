"""mebench annotate: the expressions of a video, drawn onto it."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Any

import typer

from ..errors import BadInput
from ..paths import whole_path
from .completion import complete
from .console import Stages, out, print_json, say
from .face_options import ALL_FACES, DETECTOR, FACE, check_faces
from .outputs import FORCE, check_outputs

__all__ = ["annotate"]


def annotate(
    video: Path = typer.Argument(None, help="A video file, or a folder of images."),
    model: Path = typer.Option(..., help="A file that mebench train wrote."),
    out_file: Path | None = typer.Option(
        None, "--out", help="The video to write (.mp4, .avi …); a .json is written beside it."
    ),
    method: str | None = typer.Option(
        None,
        help="How to spot; see `mebench list spotters`. Default: trajectory; with --camera "
        "strain, which is there sooner.",
        autocompletion=complete("spotters"),
    ),
    fps: float | None = typer.Option(None, help="Frames per second, where the video says none."),
    camera: int | None = typer.Option(None, help="Annotate live from this camera (0, 1, …)."),
    seconds: float | None = typer.Option(None, help="With --camera: stop after so long."),
    detector: str = DETECTOR,
    face: str = FACE,
    all_faces: bool = ALL_FACES,
    landmarks: Path | None = typer.Option(
        None, help="The dlib landmark model, if the model was trained with one of its own."
    ),
    force: bool = FORCE,
    json: bool = typer.Option(False, "--json", help="Print JSON instead of a table."),
) -> None:
    """Spot and recognise the expressions in a video, and draw them onto it.

    Box and landmarks of the followed face, the curve with its threshold, the intervals with their
    labels and scores. Sound is not kept. With --all-faces there is a video for each of several
    people: OUT-1.mp4, OUT-2.mp4 and so on, from the left of the picture.
    """
    if (video is None) == (camera is None):
        raise BadInput("Give a video, or --camera; one of the two.")
    if video is not None and out_file is None:
        raise BadInput("Name the video to write, with --out annotated.mp4.")
    detector = check_faces(detector, face, all_faces)
    if camera is not None and all_faces:
        raise BadInput("From a camera one face is followed: give --face instead of --all-faces.")
    if out_file is not None:
        from ..annotation.video import check_ending

        check_ending(out_file)
        beside = out_file.with_suffix(".json") if camera is None else None
        if video is not None and whole_path(out_file) == whole_path(video):
            raise BadInput(f"{out_file} is the video itself; name another file to write.")
        check_outputs(out_file, beside, force=force)
    from ..models import load_model

    loaded = load_model(model, landmarks=landmarks)
    if camera is not None:
        _live(camera, loaded, method or "strain", fps or 30.0, seconds, detector, face, out_file,
              json)  # fmt: skip
        return
    from ..annotation import annotate as draw
    from ..annotation import annotate_everybody

    assert out_file is not None
    how: dict[str, Any] = {
        "method": method or "trajectory", "fps": fps, "detector": detector,
        "model_file": model.name,
    }  # fmt: skip
    with Stages() as stages:
        if all_faces:
            found = annotate_everybody(video, loaded, out_file, **how, force=force, progress=stages)
        else:
            found = [draw(video, loaded, out_file, **how, face=face, progress=stages)]
    if json:
        records = [
            {"video": str(one.video), "json": str(one.json), "intervals": one.intervals,
             "notes": one.notes, "seconds": one.seconds, "frames_per_second": round(one.speed, 2)}
            for one in found
        ]  # fmt: skip
        print_json(records if all_faces else records[0])
        return
    for one in found:
        _print(one.spotting.name or video.name, one.intervals)
        for note in one.notes:
            say(f"Note: {note}.")
        length = one.spotting.n_frames / one.spotting.fps
        say(
            f"{one.spotting.n_frames} frames ({length:.1f} s) in "
            f"{sum(one.seconds.values()):.1f} s: {one.speed:.1f} frames per second"
        )
        say(f"Video: {one.video}\nData:  {one.json}")
    say("A label is the class that a movement resembles most, not what somebody feels.")


def _print(name: str, intervals: list[dict[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    if not intervals:
        say(f"Nothing was spotted in {name}.")
        return
    table = Table(title=Text(name), title_justify="left")
    for column in ("kind", "frames", "seconds", "label", "score"):
        table.add_column(column)
    for one in intervals:
        score = one["scores"].get(one["label"])
        table.add_row(
            one["kind"], f"{one['onset']}–{one['offset']}",
            f"{one['onset_s']:.2f}–{one['offset_s']:.2f}",
            Text(one["label"] or f"({one['problem']})"), "" if score is None else f"{score:.3f}",
        )  # fmt: skip
    out().print(table)
    for doubt in dict.fromkeys(d for one in intervals for d in one["warnings"]):
        say(f"Doubt: {doubt}.")


def _live(
    camera: int, model: Any, method: str, fps: float, seconds: float | None, detector: str,
    face: str, out_file: Path | None, json: bool,
) -> None:  # fmt: skip
    from ..annotation import annotate_live, camera_frames

    counted, stopped = 0, False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True

    def counting() -> Any:
        nonlocal counted
        for frame in camera_frames(camera, fps, seconds):
            if stopped:
                return
            counted += 1
            yield frame

    def announce(one: dict[str, Any]) -> None:
        if not json:
            say(f"{one['onset_s']:8.2f} s  {one['kind']}  {one['label'] or one['problem']}",
                  flush=True)  # fmt: skip

    started = time.perf_counter()
    # Ctrl-C, which ends every other command at once, ends the recording, and that is kept.
    waker = signal.set_wakeup_fd(-1)
    before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        found = annotate_live(counting(), fps, model, method=method, detector=detector, face=face,
                              out=out_file, found=announce, show=_window())  # fmt: skip
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    if json:
        print_json(found)
        return
    took = time.perf_counter() - started
    say(f"{counted} frames, {counted / max(took, 1e-9):.1f} per second")


def _window() -> Any:
    """Shows pictures where this OpenCV has windows; q ends."""
    import cv2

    if "GUI:                           NONE" in cv2.getBuildInformation():
        say("This OpenCV has no windows: what is found is printed (and written with --out).",
              file=sys.stderr)  # fmt: skip
        return None

    def show(picture: Any) -> bool:
        cv2.imshow("mebench", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        return cv2.waitKey(1) & 255 != ord("q")

    return show
