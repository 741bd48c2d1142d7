"""The command line, run as a user runs it."""

import json
import os
import subprocess
import sys

from eqxviz.session.examples import example


def test_the_version_is_printed(run):
    done = run("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("eqxviz ")


def test_the_help_names_every_command(run):
    done = run("--help")
    assert done.returncode == 0
    for word in ("open", "run", "demo", "--screenshot", "--exit-after"):
        assert word in done.stdout


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
