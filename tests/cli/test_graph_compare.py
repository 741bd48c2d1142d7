"""`eqxviz graph A --against B` says how two jaxprs differ, and ends as `diff` does."""

import json
from pathlib import Path

from tests.cli.conftest import Run

FUNCTIONS = """
import jax.numpy as jnp

def first(x):
    return jnp.sin(x) * 2.0

def second(x):
    return jnp.sin(x) * 3.0 + 1

def renamed(y):
    return jnp.sin(y) * 2.0
"""


def test_what_is_new_is_told_since_what_it_is_compared_against(run: Run, tmp_path: Path):
    (tmp_path / "f.py").write_text(FUNCTIONS)
    found = run("graph", "f.py:second", "--against", "f.py:first", "--args", "f32[3]")
    assert (found.returncode, found.stderr) == (1, "")
    lines = found.stdout.splitlines()
    assert lines[0].endswith("reads 2.0 → reads 3.0")
    assert lines[1].split() == ["+", "added", "add", "f32[3]"]
    assert lines[2].startswith("1 changed, 1 added; 1 the same. FLOPs 3 → 6 (× 2)")


def test_functions_that_do_the_same_end_with_0(run: Run, tmp_path: Path):
    (tmp_path / "f.py").write_text(FUNCTIONS)
    words = ("--args", "f32[3]", "--format", "json")
    found = run("graph", "f.py:first", "--against", "f.py:renamed", *words)
    assert found.returncode == 0
    assert json.loads(found.stdout)["differences"] == []


def test_a_graph_is_compared_with_one_that_was_written_before(run: Run, tmp_path: Path):
    (tmp_path / "f.py").write_text(FUNCTIONS)
    words = ("--args", "f32[3]")
    assert run("graph", "f.py:first", "-o", "old.json", *words).returncode == 0
    assert run("graph", "f.py:renamed", "--against", "old.json", *words).returncode == 0
    found = run("graph", "f.py:second", "--against", "old.json", *words)
    assert found.returncode == 1
    assert "reads 2.0 → reads 3.0" in found.stdout
    (tmp_path / "old.json").write_text("{}")
    found = run("graph", "f.py:first", "--against", "old.json", *words)
    assert found.returncode == 2
    assert "old.json cannot be read as a graph" in found.stderr


def test_what_cannot_be_drawn_is_trouble(run: Run, tmp_path: Path):
    (tmp_path / "f.py").write_text(FUNCTIONS)
    found = run("graph", "f.py:first", "--against", "f.py:third", "--args", "f32[3]")
    assert found.returncode == 2
    assert "There is no third in the file" in found.stderr
    assert run("graph", "f.py:first", "--against-of", "gradient").returncode == 2
