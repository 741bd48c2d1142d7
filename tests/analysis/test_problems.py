import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import eqxviz
from eqxviz.analysis import problem_from_exception
from eqxviz.records import Problem, Severity
from eqxviz.records.installing import install_command

OURS = str(Path(eqxviz.__file__).parent)


def load(path: Path, text: str) -> ModuleType:
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def problem_of(path: Path, text: str) -> Problem:
    """The card of what the call of `f()` in a file of this text raises."""
    try:
        load(path, text).f()
    except BaseException as error:  # noqa: BLE001 - the test is about every kind of exception
        return problem_from_exception(error, code="raised", user_file=str(path))
    raise AssertionError("nothing was raised")


def test_a_shape_error_is_placed_at_the_users_line(tmp_path: Path):
    path = tmp_path / "model.py"
    problem = problem_of(
        path,
        "import jax, jax.numpy as jnp\n"
        "def inner(x):\n"
        "    return x @ jnp.ones((4, 2))\n"
        "def f():\n"
        "    return jax.jit(inner)(jnp.ones(3))\n",
    )
    assert (problem.file, problem.line) == (str(path), 3)
    assert problem.code == "raised"
    assert problem.severity is Severity.ERROR
    assert problem.title == "TypeError in inner"
    assert problem.why.endswith("got (3,) and (4,).")
    assert "Compare the shapes" in problem.fix
    assert [f.function for f in problem.frames if f.is_user][-2:] == ["f", "inner"]
    assert not any("/jax/" in f.file or OURS in f.file for f in problem.frames)
    assert problem.frames[-1].text == "return x @ jnp.ones((4, 2))"


def test_an_exception_of_a_callback_is_told_as_itself_and_placed_at_its_own_line(tmp_path: Path):
    problem = problem_of(
        tmp_path / "calls.py",
        "import jax, jax.numpy as jnp\n"
        "def host(x):\n"
        "    raise ValueError(f'host does not like {float(x)}')\n"
        "def f():\n"
        "    return float(jax.jit(lambda x: jax.pure_callback(host, x, x))(jnp.float32(9)))\n",
    )
    assert problem.why == "ValueError: host does not like 9.0"
    assert problem.line == 3
    assert [frame.line for frame in problem.frames if frame.is_user][-2:] == [5, 3]


def test_what_jax_adds_to_messages_is_left_out(tmp_path: Path):
    problem = problem_of(
        tmp_path / "model.py",
        "import jax\ndef f():\n    return jax.jit(lambda x: 1 if x > 0 else 2)(1.0)\n",
    )
    text = problem.why + problem.detail
    assert "truth value" in problem.fix
    assert "boolean conversion" in problem.why
    for phrase in ("removed its internal frames", "docs.jax.dev", "------"):
        assert phrase not in text


def test_an_error_in_a_library_is_placed_at_the_call(tmp_path: Path):
    problem = problem_of(tmp_path / "m.py", "import json\ndef f():\n    return json.loads('{')\n")
    assert problem.line == 3
    assert not problem.frames[-1].is_user
    assert problem.frames[-1].file.endswith("decoder.py")


def test_a_syntax_error_is_placed_where_the_parser_stopped(tmp_path: Path):
    path = tmp_path / "bad.py"
    with pytest.raises(SyntaxError, match="'\\(' was never closed") as caught:
        load(path, "x = 1\ny = (2\n")
    problem = problem_from_exception(caught.value, code="no-parse", user_file=str(path))
    assert (problem.file, problem.line) == (str(path), 2)
    assert "never closed" in problem.why


@pytest.mark.parametrize(
    ("text", "why", "fix"),
    [
        ("import nothing_like_this.at_all", "No module named", "Install the missing package"),
        ("import sys; sys.exit(3)", r"sys.exit\(3\)", "__name__"),
        ("{}['key']", "'key' is no key", "Correct the line"),
        ("open('nowhere/at/all')", "No such file", "Check the path"),
        ("f()", "maximum recursion depth", "calls itself"),
    ],
)
def test_each_kind_says_what_to_do(tmp_path: Path, text: str, why: str, fix: str):
    problem = problem_of(tmp_path / "m.py", f"def f():\n    {text}\n")
    assert problem.line == 2
    assert re.search(why, problem.why)
    assert fix in problem.fix
    assert len(problem.frames) <= 50


def test_a_missing_package_has_a_command(tmp_path: Path):
    problem = problem_of(tmp_path / "m.py", "def f():\n    import nothing_like_this.at_all\n")
    has_pip = importlib.util.find_spec("pip") is not None
    command = install_command("nothing_like_this", sys.executable, has_pip=has_pip)
    assert problem.fix_code == command


def test_a_part_of_a_package_is_to_be_run_as_a_module(tmp_path: Path):
    folder = tmp_path / "package" / "sub"
    folder.mkdir(parents=True)
    for each in (folder, folder.parent):
        (each / "__init__.py").touch()
    problem = problem_of(folder / "train.py", "def f():\n    from ..parts import x\n")
    assert "as one" in problem.fix
    assert problem.fix_code == f"eqxviz run --cwd {tmp_path} -m package.sub.train"


def test_a_module_that_lies_above_is_not_to_be_installed(tmp_path: Path):
    folder = tmp_path / "src" / "jobs"
    folder.mkdir(parents=True)
    (folder.parent / "network.py").touch()
    problem = problem_of(folder / "train.py", "def f():\n    import src.network\n")
    assert f"It lies in {tmp_path}" in problem.fix
    assert problem.fix_code == f"eqxviz run --cwd {tmp_path} -m src.jobs.train"


def test_devices_that_the_environment_asks_for_in_vain_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    bridge = tmp_path / "xla_bridge.py"
    bridge.write_text("def f():\n    assert None is not None\n")
    problem = problem_of(bridge, bridge.read_text())
    assert "JAX_PLATFORMS=cuda" in problem.fix


def test_an_exception_whose_text_fails_is_told_nevertheless():
    class SilentError(Exception):
        def __str__(self) -> str:
            raise ValueError("no")

    problem = problem_from_exception(SilentError(), code="x", title="It failed")
    assert problem.title == "It failed"
    assert "cannot be printed" in problem.why
    assert (problem.file, problem.line, problem.frames) == ("", 0, ())


def test_an_error_of_a_later_stage_is_placed_by_its_cause(tmp_path: Path):
    path = tmp_path / "model.py"
    problem = problem_of(
        path,
        "import jax, jax.numpy as jnp\n"
        "@jax.custom_vjp\n"
        "def g(x):\n"
        "    return x\n"
        "def back(_, ct):\n"
        "    return (jnp.ones(5),)\n"
        "g.defvjp(lambda x: (x, None), back)\n"
        "def f():\n"
        "    return jax.grad(lambda x: g(x).sum())(jnp.ones(3))\n",
    )
    assert problem.file == str(path)
    assert problem.line in (6, 9)


def test_notes_are_kept():
    error = ValueError("first")
    error.add_note("model.layers[0] is the culprit")
    problem = problem_from_exception(error, code="x")
    assert "culprit" in problem.detail
