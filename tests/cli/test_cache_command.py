import json

import numpy as np
import pytest
from typer.testing import CliRunner

from mebench.cli import app
from mebench.storage.cache import default_cache


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path))
    found = default_cache()
    for i in range(4):
        found.put(str(i), np.zeros(1000))
    return found


def said(*words, status=0):
    found = CliRunner().invoke(app, ["cache", *words])
    assert found.exit_code == status
    return found.output


def test_info(cache):
    text = said("info")
    assert str(cache.folder) in text.replace("\n", "") and "4 entries, 32.6 kB" in text
    found = json.loads(said("info", "--json"))
    assert found["entries"] == 4 and found["size"] == cache.usage().size


def test_prune_and_clear(cache):
    assert "2 entries removed" in said("prune", "--max", "17kB")
    assert cache.usage().entries == 2
    assert "2 entries removed" in said("clear")
    assert cache.usage().entries == 0
    assert "0 entries" in said("info"), "an empty cache has no dates"
    said("prune", status=2)
    said("prune", "--max", "lots", status=1)
