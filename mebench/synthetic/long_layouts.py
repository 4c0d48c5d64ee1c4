"""How databases of long videos name their files and write their sheets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .camera import View
from .long_plan import Script
from .sheets import write_workbook, write_xlsx

__all__ = ["LONG_LAYOUTS", "LongEntry", "LongLayout"]


@dataclass(frozen=True)
class LongEntry:
    """One long video on disk: its script, the names of its frames, and the first one's number."""

    script: Script
    folder: str
    pattern: str
    first: int
    label: str

    def name(self, frame: int) -> str:
        """Path of a frame below the corpus."""
        return f"{self.folder}/{self.pattern.format(self.first + frame)}"


@dataclass(frozen=True)
class LongLayout:
    """One database of long videos.

    Attributes
    ----------
    name : str
    fps : float
    view : View
    entry : callable
        ``entry(script)`` names the files.
    write_sheets : callable
        ``write_sheets(out, entries)`` writes the annotation.
    """

    name: str
    fps: float
    view: View
    entry: Callable[[Script], LongEntry]
    write_sheets: Callable[[Path, Sequence[LongEntry]], None]


#: The four classes of CAS(ME)², the three of SMIC.
_BROAD = {
    **{"happiness": "positive", "surprise": "surprise", "others": "others"},
    **{"disgust": "negative", "repression": "negative"},
}
_FILMS = {
    **{"disgust1": "0101disgustingteeth", "disgust2": "0102eatingworms"},
    **{"anger1": "0401girlcrashing", "happy1": "0502funnyerrors", "happy2": "0503unluckyday"},
}


def _smic_entry(script: Script, camera: str = "HS") -> LongEntry:
    micro = [e for e in script.events if e.kind == "micro"]
    word = _smic_emotion(micro[0].emotion) if micro else "negative"
    # Takes count through, so that no two videos of a person have one name.
    label = f"s{script.subject:02}_{word[:2]}_{script.take:02}"
    deeper = "" if camera == "HS" else f"SMIC_{camera}_E/{camera}/"
    folder = f"{camera}_long/SMIC_{camera}_E/{deeper}s{script.subject:02}/{label}"
    return LongEntry(script, folder, "image{:06}.jpg", 1000 * script.take + 1, label)


def _smic_emotion(emotion: str) -> str:
    broad = _BROAD[emotion]
    return "negative" if broad == "others" else broad


def _smic_sheets(out: Path, entries: Sequence[LongEntry], camera: str = "HS") -> None:
    """One row per video, up to three micro-expressions side by side; no apex, nothing longer.

    Below the rows stand lines of text, as in the sheets of the release.
    """
    marks = ("OnsetF", "OffsetF", "Onset2F", "Offset2F", "Onset3F", "Offset3F")
    totals = ("TotalMF1", "TotalMF2", "TotalMF3")
    rows: list[Sequence[object]] = [
        ("Subject", "Filename", *marks, *totals, "FirstF", "LastF", "TotalVL", "Emotion")
    ]
    for entry in entries:
        micro = [e for e in entry.script.events if e.kind == "micro"][:3]
        cells: list[object] = [entry.first + m for e in micro for m in (e.onset, e.offset)]
        lengths: list[object] = [e.offset - e.onset + 1 for e in micro]
        n = entry.script.n_frames
        rows.append((
            entry.script.subject, entry.label, *cells, *[None] * (6 - len(cells)),
            *lengths, *[None] * (3 - len(lengths)), entry.first, entry.first + n - 1, n,
            _smic_emotion(micro[0].emotion) if micro else None,
        ))  # fmt: skip
    rows += [(None, None), (None, "Frames are those in the names of the images.")]
    name = (
        "SMIC-HS-E_annotation_2019.xlsx" if camera == "HS" else f"SMIC_{camera}_E_annotation.xlsx"
    )
    write_xlsx(out / f"{camera}_long" / name, "Sheet1", rows)


def _sq_entry(script: Script) -> LongEntry:
    person, film = script.subject + 14, list(_FILMS)[(script.take - 1) % len(_FILMS)]
    again = "" if script.take <= len(_FILMS) else f"_{script.take}"
    folder = f"rawpic/s{person}/{person}_{_FILMS[film]}{again}"
    return LongEntry(script, folder, "img{:05}.jpg", 1, film)


def _sq_sheets(out: Path, entries: Sequence[LongEntry]) -> None:
    """One row per expression, micro or macro, without a header; two sheets say what lies where."""
    rows: list[Sequence[object]] = []
    for entry in entries:
        for i, event in enumerate(entry.script.expressions(), start=1):
            marks = (entry.first + event.onset, entry.first + event.apex,
                     0 if len(rows) % 25 == 24 else entry.first + event.offset)  # fmt: skip
            kind = f"{event.kind}-expression"
            rows.append((entry.script.subject, f"{entry.label}_{i}", *marks, event.units,
                         _BROAD[event.emotion], kind, "helpless"))  # fmt: skip
    people = sorted({entry.script.subject + 14 for entry in entries})
    write_workbook(
        out / "CAS(ME)^2code_final.xlsx",
        {
            "CASFEcode_final": rows,
            "naming rule1": [(n, f"s{n}", n - 14) for n in people],
            "naming rule2": [(folder[:4], film) for film, folder in _FILMS.items()],
        },
    )


def _samm_entry(script: Script) -> LongEntry:
    label = f"{script.subject + 5:03}_{script.take}"
    return LongEntry(script, f"SAMM_longvideos/{label}", label + "_{:05}.jpg", 1, label)


#: What the sheets of SAMM say for emotions that it does not have.
_SAMM_WORDS = {"repression": "Other", "others": "Other"}


def _samm_sheets(out: Path, entries: Sequence[LongEntry]) -> None:
    """All expressions in one sheet, without emotions; micro-expressions with them in SAMM's own.

    Marks of macro-expressions are fractional, as those that were made at another rate.
    """
    header = ("Subject", "Filename", "Inducement Code", "Onset", "Apex", "Offset", "Duration",
              "Type", "Action Units", "Notes")  # fmt: skip
    rows: list[Sequence[object]] = [("SAMM long videos, a synthetic corpus",)]
    rows += [(None,)] * 8 + [header]
    short: list[Sequence[object]] = [("SAMM, a synthetic corpus",)]
    short += [(None,)] * 12
    short.append((*header[:3], "Onset Frame", "Apex Frame", "Offset Frame", "Duration", "Micro",
                  "Action Units", "Estimated Emotion", "Objective Classes", "Notes"))  # fmt: skip
    for entry in entries:
        for i, event in enumerate(entry.script.expressions(), start=1):
            marks = [entry.first + m for m in (event.onset, event.apex, event.offset)]
            micro = event.kind == "micro"
            written = marks if micro else [marks[0] + 0.4, marks[1] - 0.2, marks[2] + 0.2]
            words = (entry.label[:3], f"{entry.label}_{i}", entry.script.take)
            length, kind = event.offset - event.onset + 1, "Micro - 1/2" if micro else "Macro"
            rows.append((*words, *written, length, kind, event.units, None))
            if micro:
                emotion = _SAMM_WORDS.get(event.emotion, event.emotion.title())
                short.append((*words, *marks, length, kind, event.units, emotion, None, None))
    write_xlsx(out / "SAMM_LongVideos_V3_Release.xlsx", "FACS_MICRO_MACRO", rows)
    write_xlsx(out / "SAMM_Micro_FACS_Codes_v2.xlsx", "MICRO_ONLY", short)


def _cas3_entry(script: Script) -> LongEntry:
    letter = "abcdefghijklm"[(script.take - 1) % 13]
    folder = f"part_A/spNO.{script.subject}/{letter}/color"
    return LongEntry(script, folder, "{}.jpg", 1, letter)


_CAS3_WORDS = {"repression": "others", "happiness": "happy"}


def _cas3_sheets(out: Path, entries: Sequence[LongEntry]) -> None:
    """All expressions in one worksheet, blinks in another; micro-expressions with emotion again."""
    marks = ("Onset", "Apex", "Offset")
    every: list[Sequence[object]] = [
        ("Subject", "Filename", *marks, "AU", "Expression type", "Objective class")
    ]
    blinks: list[Sequence[object]] = [("Subject", "Filename", "Onset", "Offset")]
    named: list[Sequence[object]] = [
        ("Subject", "Filename", *marks, "AU", "Objective class", "emotion")
    ]
    for entry in entries:
        where = (f"spNO.{entry.script.subject}", entry.label)
        for event in entry.script.events:
            onset, apex, offset = (entry.first + m for m in (event.onset, event.apex, event.offset))
            if event.kind == "blink":
                blinks.append((*where, onset, offset))
            elif event.kind in ("micro", "macro"):
                row = (*where, onset, apex, offset, event.units)
                every.append((*row, f"{event.kind.title()}-expression", None))
            if event.kind == "micro":
                emotion = _CAS3_WORDS.get(event.emotion, event.emotion)
                named.append((*row, None, emotion))
    write_workbook(out / "CAS(ME)3_part_A_v2.xlsx", {"AU+Emotion": every, "eye blink": blinks})
    write_xlsx(out / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", "label", named)


def _cas3c_entry(script: Script) -> LongEntry:
    folder = f"part_C/{script.subject:02}/a/color"
    return LongEntry(script, folder, "{}.jpg", 1, "a")


def _cas3c_sheets(out: Path, entries: Sequence[LongEntry]) -> None:
    """All expressions by kind in one sheet; micro-expressions with emotion in another."""
    every: list[Sequence[object]] = [("Subject", "Onset", "Offset", "diff", "Exp_type", "risk")]
    named: list[Sequence[object]] = [("sub", "count", "onset", "offset", "au", "emotion")]
    for entry in entries:
        who = entry.script.subject
        for event in entry.script.expressions():
            onset, offset = entry.first + event.onset, entry.first + event.offset
            micro = event.kind == "micro"
            every.append((who, onset, offset, offset - onset, int(micro), 1))
            if micro:
                count = sum(row[0] == who for row in named) + 1
                named.append((who, count, onset, offset, event.units, _BROAD[event.emotion]))
    write_xlsx(out / "CAS(ME)3_part_C.xlsx", "organize", every)
    write_xlsx(out / "CAS(ME)3_part_C_ME.xlsx", "mockCrimeME", named)


LONG_LAYOUTS: dict[str, LongLayout] = {
    layout.name: layout
    for layout in (
        LongLayout("smic-hs-long", 100.0, View((640, 480), 190.0, True), _smic_entry, _smic_sheets),
        *(
            LongLayout(f"smic-{camera.lower()}-long", 25.0,
                       View((640, 480), 190.0, camera == "VIS"),
                       partial(_smic_entry, camera=camera), partial(_smic_sheets, camera=camera))
            for camera in ("VIS", "NIR")
        ),
        LongLayout("casme-sq-long", 30.0, View((640, 480), 220.0, True), _sq_entry, _sq_sheets),
        LongLayout("samm-long", 200.0, View((960, 650), 330.0, False), _samm_entry, _samm_sheets),
        LongLayout("casme3a-long", 30.0, View((1280, 720), 330.0, True), _cas3_entry,
                   _cas3_sheets),
        LongLayout("casme3c-long", 30.0, View((1280, 720), 330.0, True), _cas3c_entry,
                   _cas3c_sheets),
    )
}  # fmt: skip
