"""`eqxviz graph` as a user runs it, on a machine without a display."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

FILE = """
import jax, jax.numpy as jnp
import eqxcore

model = eqxcore.nn.MLP(3, 2, 8, 1, key=jax.random.key(0))

def loss(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)

def with_aux(x):
    return jnp.mean(x), {"penalty": 100 * jnp.sum(x)}

def looped(x):
    return jax.lax.scan(lambda c, _: (c * 2.0, None), x, None, length=5)[0]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(FILE)
    return path


def test_the_json_of_a_graph_holds_all_of_it(run, file):
    done = run("graph", f"{file}:looped", "--args", "f32[3]", "--format", "json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert (data["title"], data["inputs"]) == ("looped", "f32[3]")
    scan, inner = data["equations"]
    assert (scan["primitive"], scan["flops"], inner["primitive"]) == ("scan", 15.0, "mul")
    body = data["groups"][inner["group"]]
    assert (body["kind"], body["repeats"], body["owner"]) == ("jaxpr", 5.0, 0)
    assert body["returns"] == inner["outputs"]
    source = data["sources"][inner["source"]]
    line = FILE[: FILE.index("c * 2.0")].count("\n") + 1
    assert (source["file"], source["line"]) == (str(file), line)
    x = data["values"][data["groups"][0]["takes"][0]]
    assert (x["path"], x["type"], x["bytes"], x["origin"]) == ("x", "f32[3]", 12.0, "argument")
    assert data["values"][data["outputs"][0]["value"]]["producer"] == 0


def test_a_graph_is_printed_as_a_jaxpr(run, file):
    done = run("graph", file, "--format", "text")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("{ lambda ;")
    assert "dot_general" in done.stdout


def test_of_what_a_printed_jaxpr_is_the_gradient_is_said_beside_it(run, file):
    options = ("--args", "f32[3]", "--of", "gradient", "--format", "text")
    done = run("graph", f"{file}:with_aux", *options)
    assert done.returncode == 0, done.stderr
    assert "with_aux · gradient of the first result, the rest aux" in done.stderr
    assert "add_any" not in done.stdout
    assert done.stdout.startswith("{ lambda ;")


@pytest.mark.parametrize(
    ("name", "begin"), [("g.svg", b"<?xml"), ("g.png", b"\x89PNG"), ("g.dot", b"digraph {")]
)
def test_a_graph_is_written_in_the_form_of_the_files_name(run, file, tmp_path, name, begin):
    options = ("--of", "gradient", "--args", "model f32[8,3] f32[8,2]", "--open", "all")
    done = run("graph", f"{file}:loss", *options, "-o", tmp_path / name)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / name).read_bytes().startswith(begin)
    assert f"Wrote {tmp_path / name}" in done.stderr


def test_what_is_unfolded_is_seen_in_dot_and_graphviz_reads_it(run, file):
    folded = run("graph", f"{file}:looped", "--args", "f32[3]", "--format", "dot", "--open", "0")
    opened = run("graph", f"{file}:looped", "--args", "f32[3]", "--format", "dot", "--open", "all")
    assert "mul" not in folded.stdout
    assert "subgraph cluster_1" in opened.stdout
    dot = shutil.which("dot")
    if dot is not None:
        text = opened.stdout
        subprocess.run([dot, "-Tsvg"], input=text, text=True, check=True, capture_output=True)


def test_a_batch_alone_means_vmapped(run, file):
    done = run("graph", file, "--batch", "16", "--format", "json")
    data = json.loads(done.stdout)
    assert data["title"] == "model · vmapped, batch of 16"
    assert data["values"][data["outputs"][0]["value"]]["type"] == "f32[16,2]"


def test_what_cannot_be_drawn_is_one_card_and_exit_code_1(run, file):
    done = run("graph", f"{file}:lss", "--format", "json")
    assert done.returncode == 1
    assert "Did you mean loss?" in done.stderr
    assert json.loads(done.stdout)["problem"]["code"] == "no-such-name"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "name a file: eqxviz graph FILE.py:FUNCTION"),
        (("f.py", "--format", "svg"), "--format svg goes to a file"),
        (("f.py", "-o", "x.doc"), "x.doc does not say in which form"),
        (("f.py", "--open", "all"), "--open is for what -o writes"),
        (("f.py", "--open", "deep", "-o", "x.svg"), "'deep' is no depth: say 0, 2, or all"),
        (("f.py", "--batch", "0"), "'0' is no length of an axis"),
        (("f.py", "-o", "x.svg", "--screenshot", "y.png"), "drop them or --screenshot"),
        (("f.py",), "no display to open a window on"),
    ],
)
def test_what_is_not_understood_is_exit_code_2(run, words, reason):
    done = run("graph", *words)
    assert (done.returncode, reason in done.stderr) == (2, True), done.stderr


def test_a_folder_that_is_not_there_is_named(run, file, tmp_path):
    done = run("graph", file, "-o", tmp_path / "none" / "g.svg")
    assert done.returncode == 1
    assert f"the folder {tmp_path / 'none'} does not exist" in done.stderr


def test_the_window_opens_at_the_graph(run, file, tmp_path):
    done = run("graph", f"{file}:loss", "--screenshot", tmp_path / "window.png")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "window.png").read_bytes().startswith(b"\x89PNG")


def test_ctrl_c_ends_a_drawing_with_a_note(tmp_path, repository):
    path = tmp_path / "slow.py"
    os.mkfifo(tmp_path / "begun")
    path.write_text(
        "import time\n\ndef f():\n    open('begun', 'w').close()\n    time.sleep(100)\n"
    )
    # Tests that a shell started in the background ignore it, and what they start would, too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "eqxviz", "graph", f"{path}:f", "--format", "text"],
        env={"PYTHONPATH": str(repository), "PATH": "", "HOME": str(tmp_path)},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    with process:
        (tmp_path / "begun").read_text()  # returns when the function is being traced
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 1
        assert "was not drawn" in process.stderr.read()


def test_a_function_without_equations_has_a_graph(run, file):
    file.write_text(FILE + "\ndef same(x):\n    return x\n")
    done = run("graph", f"{file}:same", "--args", "f32[3]", "--format", "text")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "  in (a,) }"


def test_a_graph_that_was_written_is_drawn_again(run, file, tmp_path):
    assert run("graph", f"{file}:looped", "--args", "f32[3]", "-o", "g.json").returncode == 0
    done = run("graph", "g.json", "--format", "text")
    assert (done.returncode, done.stderr) == (0, "")
    assert "scan[length=5" in done.stdout
