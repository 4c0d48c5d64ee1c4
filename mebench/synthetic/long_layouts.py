"""How databases of long videos name their files and write their sheets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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


def _smic_entry(script: Script) -> LongEntry:
    micro = [e for e in script.events if e.kind == "micro"]
    word = _smic_emotion(micro[0].emotion) if micro else "negative"
    # Takes count through, so that no two videos of a person have one name.
    label = f"s{script.subject:02}_{word[:2]}_{script.take:02}"
    folder = f"HS_long/SMIC_HS_E/s{script.subject:02}/{label}"
    return LongEntry(script, folder, "image{:06}.jpg", 1000 * script.take + 1, label)


def _smic_emotion(emotion: str) -> str:
    broad = _BROAD[emotion]
    return "negative" if broad == "others" else broad


def _smic_sheets(out: Path, entries: Sequence[LongEntry]) -> None:
    """One row per video, up to three micro-expressions side by side; no apex, nothing longer."""
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
    write_xlsx(out / "HS_long" / "SMIC-HS-E_annotation_2019.xlsx", "Sheet1", rows)


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


def _samm_sheets(out: Path, entries: Sequence[LongEntry]) -> None:
    header = ("Subject", "Filename", "Inducement Code", "Onset", "Apex", "Offset", "Duration",
              "Type", "Action Units", "Notes")  # fmt: skip
    rows: list[Sequence[object]] = [("SAMM long videos, a synthetic corpus",)]
    rows += [(None,)] * 8 + [header]
    for entry in entries:
        for i, event in enumerate(entry.script.expressions(), start=1):
            marks = [entry.first + m for m in (event.onset, event.apex, event.offset)]
            kind = "Micro - 1/2" if event.kind == "micro" else "Macro"
            rows.append((entry.label[:3], f"{entry.label}_{i}", entry.script.take, *marks,
                         event.offset - event.onset + 1, kind, event.units, None))  # fmt: skip
    write_xlsx(out / "SAMM_LongVideos_V3_Release.xlsx", "FACS_MICRO_MACRO", rows)


def _cas3_entry(script: Script) -> LongEntry:
    letter = "abcdefghijklm"[(script.take - 1) % 13]
    folder = f"part_A/spNO.{script.subject}/{letter}/color"
    return LongEntry(script, folder, "{}.jpg", 1, letter)


def _cas3_sheets(out: Path, entries: Sequence[LongEntry]) -> None:
    """Micro-expressions in one file; macro-expressions and blinks in another, a sheet each."""
    header = ("Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion")
    tables: dict[str, list[Sequence[object]]] = {k: [header] for k in ("micro", "macro", "blink")}
    for entry in entries:
        for event in entry.script.events:
            if event.kind in tables:
                marks = (entry.first + m for m in (event.onset, event.apex, event.offset))
                emotion = {"repression": "others", "happiness": "happy"}.get(
                    event.emotion, event.emotion
                )
                tables[event.kind].append((f"spNO.{entry.script.subject}", entry.label, *marks,
                                           event.units or 45, None, emotion or None))  # fmt: skip
    write_xlsx(out / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", "label", tables["micro"])
    write_workbook(
        out / "cas(me)3_part_A_v2.xlsx", {"MaE": tables["macro"], "blink": tables["blink"]}
    )


LONG_LAYOUTS: dict[str, LongLayout] = {
    layout.name: layout
    for layout in (
        LongLayout("smic-hs-long", 100.0, View((640, 480), 190.0, True), _smic_entry, _smic_sheets),
        LongLayout("casme-sq-long", 30.0, View((640, 480), 220.0, True), _sq_entry, _sq_sheets),
        LongLayout("samm-long", 200.0, View((960, 650), 330.0, False), _samm_entry, _samm_sheets),
        LongLayout("casme3a-long", 30.0, View((1280, 720), 330.0, True), _cas3_entry,
                   _cas3_sheets),
    )
}  # fmt: skip
