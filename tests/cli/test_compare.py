"""`eqxviz compare` says how two models differ, and ends as `diff` does."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

MODELS = """
import jax.numpy as jnp
a = {"w": jnp.ones((2, 3)), "b": jnp.zeros(3), "act": "relu"}
same = {"w": jnp.ones((2, 3)), "b": jnp.zeros(3), "act": "relu"}
moved = {"w": jnp.ones((2, 3)).at[0, 0].set(1.5), "b": jnp.zeros(3), "act": "relu"}
other = {"w": jnp.ones((2, 3)).at[0, 0].set(1.5), "b": jnp.zeros(4), "act": "relu"}
"""


def test_two_models_are_compared_as_text_and_as_json(run: Run, tmp_path: Path):
    (tmp_path / "models.py").write_text(MODELS)
    found = run("compare", "models.py:a", "models.py:other")
    assert (found.returncode, found.stderr) == (1, "")
    assert found.stdout.splitlines() == [
        "['b']  ≠ shape           f32[3] -> f32[4]",
        "['w']  Δ values          f32[2,3]  max |Δ| 0.5, relative 0.333, 1 element",
        "1 differs in shape, 1 in values; 1 is equal",
    ]
    found = run("compare", "models.py:a", "models.py:other", "--format", "json")
    data = json.loads(found.stdout)
    assert [row["path"] for row in data["differences"]] == ["a['b']", "a['w']"]
    assert data["differences"][1]["max_abs"] == 0.5


@pytest.mark.full
def test_records_of_a_model_are_never_equal_for_they_hold_no_arrays(run: Run, tmp_path: Path):
    (tmp_path / "models.py").write_text(MODELS)
    for name in ("a", "same", "moved"):
        assert run("open", f"models.py:{name}", "-o", f"{name}.eqxviz").returncode == 0
    found = run("compare", "a.eqxviz", "same.eqxviz")
    assert found.returncode == 1
    assert "All 3 leaves look alike\nValues are not compared" in found.stdout
    assert "the file holds no arrays" in found.stdout
    found = run("compare", "a.eqxviz", "moved.eqxviz")
    assert found.returncode == 1
    assert "['w']  Δ values" in found.stdout
    assert "1 differs in values; 2 look alike" in found.stdout
    found = run("compare", "a.eqxviz", "models.py:a", "--format", "json")
    data = json.loads(found.stdout)
    assert found.returncode == 1
    assert "the file holds no arrays" in data["note"]
    assert (data["before"], data["after"]) == ("a.eqxviz:a", "models.py:a")
    assert (data["counts"], data["are_values_compared"]) == ({"alike": 3}, False)


def test_static_fields_are_told_apart_from_leaves(run: Run, tmp_path: Path):
    (tmp_path / "net.py").write_text(
        "import jax, eqxcore\nmodel = eqxcore.nn.Linear(2, 3, key=jax.random.key(0))\n"
    )
    found = run("compare", "net.py:model", "net.py:model")
    assert found.stdout == "All 2 leaves and 3 static fields are equal\n"


def test_equal_models_end_with_0_and_trouble_with_2(run: Run, tmp_path: Path):
    (tmp_path / "models.py").write_text(MODELS)
    found = run("compare", "models.py:a", "models.py:same")
    assert (found.returncode, found.stdout) == (0, "All 3 leaves are equal\n")
    found = run("compare", "models.py:a", "models.py:nothing")
    assert found.returncode == 2
    assert "nothing" in found.stderr
