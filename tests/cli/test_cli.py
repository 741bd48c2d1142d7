"""The command line, run as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eqxviz.session.examples import example
from eqxviz.store.model_file import read_model
from tests.cli.conftest import Run


def test_the_version_is_printed(run):
    done = run("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("eqxviz ")


def test_the_help_names_every_command(run):
    done = run("--help")
    assert done.returncode == 0
    for word in ("open", "run", "demo", "--screenshot", "--exit-after"):
        assert word in done.stdout


def test_what_lies_in_the_working_directory_stands_for_no_module_of_ours(run, tmp_path):
    for name in ("token", "platformdirs", "tty"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('the wrong one')\n")
    done = run("runs")
    assert done.returncode == 0, done.stderr


def test_a_working_directory_that_is_gone_is_told(repository):
    words = f'cd "$(mktemp -d)" && rmdir "$PWD" && {sys.executable} -m eqxviz runs'
    done = subprocess.run(
        ["sh", "-c", words],
        env={**os.environ, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "eqxviz: the working directory was deleted: go to another one first\n"


def test_a_command_that_does_not_exist_is_a_usage_error(run):
    assert run("fly").returncode == 2


def test_words_for_the_script_belong_to_run_alone(run):
    done = run("open", "model.py", "--", "--steps")
    assert done.returncode == 2
    assert "only `eqxviz run`" in done.stderr


def test_a_window_without_a_display_says_what_works_instead(run):
    done = run()
    assert done.returncode == 2
    assert "no display" in done.stderr
    assert "--format text" in done.stderr


def test_a_tree_is_printed_as_text(run):
    done = run("open", f"{example('polynomial').path}:make_model", "--format", "text")
    assert done.returncode == 0, done.stderr
    assert "make_model → MLP: " in done.stdout
    line = next(line for line in done.stdout.splitlines() if ".weight" in line)
    assert line.split() == [".weight", "f32[32,1]", "32", "128", "B", "differentiated"]
    assert "static field" in done.stdout


def test_a_tree_is_printed_as_json(run, tmp_path):
    path = tmp_path / "params.py"
    path.write_text(
        "import jax.numpy as jnp\nw = jnp.ones((2, 3))\nparams = {'a': w, 'b': w, 'n': 3}\n"
    )
    done = run("open", f"{path}:params", "--format", "json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert (data["path"], data["target"]) == (str(path), "params")
    a, b, n = data["nodes"][1:]
    assert (a["shape"], a["dtype"], a["mark"]) == ([2, 3], "float32", "differentiated")
    assert data["groups"][a["shared"]] == {"kind": "array", "nodes": [1, 2]}
    assert (a["parent"], b["shared"]) == (0, a["shared"])
    assert n["mark"] == "static"


def test_a_tree_is_written_in_the_form_of_the_files_name(run, tmp_path):
    target = f"{example('polynomial').path}:make_model"
    done = run("open", target, "-o", tmp_path / "tree.csv")
    assert done.returncode == 0, done.stderr
    assert "Wrote" in done.stderr
    assert (tmp_path / "tree.csv").read_text().startswith("path,type,kind,")


def test_records_open_without_the_code_and_hold_the_statistics(run, tmp_path):
    code, kept = tmp_path / "params.py", tmp_path / "params.eqxviz"
    code.write_text("import jax.numpy as jnp\nparams = {'a': jnp.ones((2, 3)), 'n': 3}\n")
    done = run("open", code, "-o", kept)
    assert done.returncode == 0, done.stderr
    code.unlink()
    done = run("open", kept, "--format", "text")
    assert done.returncode == 0, done.stderr
    assert "f32[2,3]" in done.stdout
    assert len(read_model(kept).answers) == 1


def test_weights_and_shapes_are_options_of_open(run, tmp_path):
    code = tmp_path / "model.py"
    code.write_text(
        "import eqxcore as eqx, jax\n"
        "def make(): return eqx.nn.Linear(100_000, 1_000_000, key=jax.random.key(0))\n"
        "def small(key): return eqx.nn.Linear(2, 3, key=key)\n"
    )
    done = run("open", f"{code}:make", "--shapes", "--format", "text")
    assert done.returncode == 0, done.stderr
    assert "shape only" in done.stdout
    weights = tmp_path / "w.eqx"
    save = f"import eqxcore, sys; sys.path.insert(0, {str(tmp_path)!r}); import model, jax; "
    save += f"eqxcore.tree_serialise_leaves({str(weights)!r}, model.small(jax.random.key(3)))"
    subprocess.run([sys.executable, "-c", save], check=True)
    done = run("open", f"{code}:small", "--weights", weights, "--format", "csv")
    assert done.returncode == 0, done.stderr
    assert "model.weight,Array,array,3x2,float32" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--shapes", "--weights", "w.eqx"), 2, "drop one of them"),
        (("--format", "html"), 2, "name it with -o"),
        (("-o", "tree.xml"), 2, "does not say in which form"),
        (("-o", "no/tree.csv"), 1, "does not exist"),
        ((), 2, "no display"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_exit_code(run, tmp_path, words, code, says):
    (tmp_path / "params.py").write_text("import numpy\nparams = {'a': numpy.ones(3)}\n")
    done = run("open", "params.py", *words)
    assert done.returncode == code
    assert says in done.stderr


def test_a_problem_is_printed_as_a_card(run, tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("x = 1\nraise RuntimeError('no such data')\n")
    done = run("open", path, "--format", "text")
    assert done.returncode == 1
    assert done.stdout == ""
    for words in (f"{path}:2", "no such data", "fix:"):
        assert words in done.stderr


def test_a_problem_is_printed_as_json(run, tmp_path):
    done = run("open", tmp_path / "nothing.py", "--format", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["problem"]["code"] == "missing-file"


def test_the_command_line_loads_neither_qt_nor_jax_nor_numpy():
    code = "import sys, eqxviz.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"PySide6", "jax", "numpy", "psygnal", "msgpack"} & set(done.stdout.split())


def test_the_listing_is_printed_where_stdout_is_ascii_and_where_nobody_reads_on(tmp_path):
    file = tmp_path / "wide.py"
    file.write_text("import jax.numpy as jnp\nparams = [jnp.ones(2) for _ in range(3000)]\n")
    command = f'"{sys.executable}" -m eqxviz open "{file}" --format text'
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    head = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -2"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert head.stderr == ""
    assert len(head.stdout.splitlines()) == 2
    assert head.returncode == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("open", "a.eqxviz", "--weights", "w.eqx"), "--weights is for a Python file"),
        (("open", "a.safetensors", "--shapes"), "--shapes is for a Python file"),
        (("--exit-after", "abc"), "'abc' is no number of seconds"),
    ],
)
def test_options_that_say_nothing_are_refused(run: Run, words: tuple[str, ...], says: str):
    found = run(*words)
    assert found.returncode == 2
    assert says in found.stderr


@pytest.mark.parametrize("option", ["--screenshot", "-o"])
def test_no_folder_is_made_for_what_is_written(run: Run, tmp_path: Path, option: str):
    (tmp_path / "file").write_text("")
    for folder, says in (("none", "does not exist"), ("file", "is no folder")):
        name = "a.png" if option == "--screenshot" else "a.txt"
        found = run("open", "m.py", option, f"{folder}/{name}")
        assert found.returncode == 1
        assert f"the folder {tmp_path / folder} {says}" in found.stderr
    assert not (tmp_path / "none").exists()


def test_a_headline_counts_a_tied_array_once(run: Run, tmp_path: Path):
    (tmp_path / "tied.py").write_text(
        "import jax.numpy as jnp\nw = jnp.ones(4)\nmodel = {'a': w, 'b': w, 'c': jnp.ones(1)}\n"
    )
    head = run("open", "tied.py:model", "--format", "text").stdout.splitlines()[0]
    assert "9 parameters (5 distinct)" in head
    head = run("open", "tied.py:w", "--format", "text").stdout.splitlines()[0]
    assert "1 node, 1 leaf, 4 parameters" in head
    assert run("open", "tied.py:model", "-o", "t.eqxviz").returncode == 0
    assert "also in this file" not in run("open", "t.eqxviz", "--format", "text").stdout
