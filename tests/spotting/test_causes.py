import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_spotting import cause_of

from mebench.spotting.causes import causes_of, count_causes, outcomes

SPAN = st.tuples(st.integers(0, 30), st.integers(0, 12)).map(lambda p: (p[0], p[0] + p[1]))


CAUSE = st.sampled_from(["blink", "talk", "turn", "light"])


@given(st.lists(SPAN, max_size=5), st.lists(st.tuples(CAUSE, SPAN), max_size=6))
@settings(max_examples=80, deadline=None)
def test_a_false_alarm_belongs_to_the_cause_that_covers_most_of_it(spans, marks):
    found = pd.DataFrame(spans, columns=["onset", "offset"]).assign(video="v")
    events = pd.DataFrame([("v", c, *s) for c, s in marks],
                          columns=["video", "cause", "onset", "offset"])  # fmt: skip
    assert causes_of(found, events).tolist() == [cause_of(s, marks) for s in spans]


def test_causes_known_by_construction_are_counted_exactly():
    """One false alarm on each event of a twin, hits on its expressions, and some on nothing."""
    from mebench.synthetic.long_plan import plan_scripts

    rows, truth, events, expected = [], [], [], {"blink": 0, "talk": 0, "turn": 0, "other": 0}
    for n, script in enumerate(plan_scripts((4,), 5, 2, 40, 30.0)):
        video = f"v{n}"
        busy = np.zeros(script.n_frames + 60, bool)
        for event in script.events:
            busy[event.onset : event.offset + 1] = True
            if event.kind in ("micro", "macro"):
                truth.append((video, event.kind, event.onset, event.offset))
                rows.append((video, event.kind, event.onset, event.offset))
            else:
                events.append((video, event.kind, event.onset, event.offset))
        # An alarm on an event is laid to it where no other event shares a frame with it.
        for event in script.events:
            alone = sum(e.onset <= event.offset and event.onset <= e.offset for e in script.events)
            if event.kind not in ("micro", "macro") and alone == 1:
                rows.append((video, "micro", event.onset, event.offset))
                expected[event.kind] += 1
        free = np.flatnonzero(~busy[:-60])
        for at in free[:: max(1, len(free) // 3)]:
            if not busy[at : at + 5].any():
                rows.append((video, "macro", int(at), int(at) + 4))
                expected["other"] += 1
    table = pd.DataFrame(rows, columns=["video", "kind", "onset", "offset"])
    found = outcomes(
        table,
        pd.DataFrame(truth, columns=["video", "kind", "onset", "offset"]),
        pd.DataFrame(events, columns=["video", "cause", "onset", "offset"]),
    )
    counts = count_causes(found).loc["all"]
    assert min(expected.values()) > 0
    assert counts[list(expected)].to_dict() == expected
    assert counts["fp"] == sum(expected.values()) == (found["result"] == "fp").sum()
    assert (found["result"] == "tp").sum() == len(truth)


def test_without_marks_every_false_alarm_is_another(tmp_path):
    found = pd.DataFrame({"video": "v", "kind": "micro", "onset": [1, 50], "offset": [9, 60]})
    nothing = pd.DataFrame(columns=["video", "cause", "onset", "offset"])
    counts = count_causes(outcomes(found, found.iloc[:0], nothing))
    assert counts.loc["micro", ["other", "fp"]].tolist() == [2, 2]
