"""Random SIGKILLs: the same bytes at the end, nothing left behind (issue 18).

A sample of the campaign; ``MEBENCH_KILLS=200`` makes it whole.
"""

import os

import pytest
from killing import COMMANDS, campaign

KILLS = int(os.environ.get("MEBENCH_KILLS") or 10)

pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/ns/pid"), reason="needs /proc")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_killed_at_random_moments(command, tmp_path):
    tally = campaign(command, -(-KILLS // len(COMMANDS)), tmp_path / "place", tell=print)
    print(tally)
    assert tally.kills >= KILLS // len(COMMANDS)
    assert not tally.wrong
    assert not tally.left
