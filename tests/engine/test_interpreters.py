"""A script runs in the Python of its user, which is lent what it lacks of eqxviz."""

import os
import shutil
import subprocess
import sys
import sysconfig
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from eqxviz.engine.engine import Engine
from eqxviz.engine.interpreters import Origin, choose, interpreters, named
from eqxviz.engine.launch import OWN_PYTHON, Launch, LaunchError
from eqxviz.records import NOT_OBSERVED, MetricBatch, Problem, Record, RunState, RunStatus
from tests.environments import JAX, make_environment
from tests.owner import Owner

HERE = Path(sysconfig.get_path("purelib"))


@pytest.fixture(scope="module")
def with_jax(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter of an environment with JAX alone in it, as a user has it."""
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    return str(make_environment(folder, sys.executable, HERE, JAX))


@pytest.fixture(scope="module")
def without_jax(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("bare") / ".venv"
    return str(make_environment(folder, sys.executable, HERE, ()))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder that is a project of its own."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("print()")
    return tmp_path


@pytest.fixture
def run(owner: Owner, tmp_path: Path) -> Callable[[Launch], tuple[list[Record], str]]:
    """Run something to its end, and return what was told of it and what it printed."""

    def run(launch: Launch) -> tuple[list[Record], str]:
        engine = Engine(owner.post, tmp_path / "kept")
        events: list[Record] = []
        output: list[str] = []
        engine.run(
            launch, on_event=events.append, on_output=output.append, on_death=lambda *_: None
        )
        try:
            owner.run_until(
                lambda: any(isinstance(e, RunStatus) and e.state.is_end for e in events)
            )
            owner.run_until(lambda: "the end" in "".join(output) or _problems(events))
        finally:
            engine.close(leave_runs=False)
        return events, "".join(output)

    return run


def _problems(events: list[Record]) -> list[Problem]:
    return [event for event in events if isinstance(event, Problem)]


def link(folder: Path, interpreter: str) -> None:
    folder.symlink_to(Path(interpreter).parents[1])


def test_eqxvizs_own_is_taken_where_there_is_no_other(project):
    assert choose(Launch(str(project / "src" / "train.py")), {}).path == sys.executable


def test_the_environment_of_the_project_is_taken_if_it_has_jax(project, with_jax):
    link(project / ".venv", with_jax)
    chosen = choose(Launch(str(project / "src" / "train.py")), {})
    assert (chosen.path, chosen.origin) == (str(project / ".venv/bin/python"), Origin.PROJECT)
    assert chosen.version == tuple(sys.version_info[:3])
    assert chosen.jax


def test_one_without_jax_is_passed_over(project, without_jax):
    link(project / ".venv", without_jax)
    launch = Launch(str(project / "src" / "train.py"))
    assert choose(launch, {}).is_own
    assert [python.jax != "" for python in interpreters(launch, {})] == [True, False]


def test_an_active_environment_comes_before_that_of_the_project(project, with_jax):
    link(project / ".venv", with_jax)
    active = {"VIRTUAL_ENV": str(Path(with_jax).parents[1])}
    launch = Launch(str(project / "src" / "train.py"))
    assert choose(launch, active).origin is Origin.ACTIVE
    assert [python.origin for python in interpreters(launch, active)] == [
        Origin.ACTIVE,
        Origin.PROJECT,
        Origin.OWN,
    ]
    conda = {"CONDA_PREFIX": str(Path(with_jax).parents[1])}
    assert choose(launch, conda).origin is Origin.CONDA


def test_the_python_of_the_path_is_offered_and_not_taken(project, with_jax):
    launch = Launch(str(project / "src" / "train.py"))
    found = interpreters(launch, {"PATH": str(Path(with_jax).parent)})
    assert [python.origin for python in found] == [Origin.OWN, Origin.PATH]


def test_environments_above_the_project_are_another_ones(project, with_jax):
    inner = project / "inner"
    (inner / ".git").mkdir(parents=True)
    (inner / "train.py").write_text("")
    link(project / ".venv", with_jax)
    assert choose(Launch(str(inner / "train.py")), {}).is_own


def test_examples_run_where_what_they_import_is(repository, with_jax):
    active = {"VIRTUAL_ENV": str(Path(with_jax).parents[1])}
    example = Launch(str(repository / "eqxviz" / "examples" / "polynomial.py"))
    assert choose(example, active).is_own


def test_an_interpreter_is_named_by_path_folder_or_word(with_jax):
    assert named(with_jax).path == with_jax
    assert named(str(Path(with_jax).parents[1])).path == with_jax
    assert named(OWN_PYTHON).is_own


def test_what_is_no_interpreter_is_said(tmp_path, without_jax):
    no = tmp_path / "no"
    no.write_text("#!/bin/sh\necho no\n")
    no.chmod(0o755)
    with pytest.raises(LaunchError, match="no is no Python: it answers as no Python does"):
        named(str(no))
    shim = tmp_path / "shim"
    shim.write_text("#!/bin/sh\necho 'shim: python9: not here' >&2\necho 'a note' >&2\nexit 127\n")
    shim.chmod(0o700)
    with pytest.raises(LaunchError, match="is no Python: shim: python9: not here"):
        named(str(shim))
    with pytest.raises(LaunchError) as refused:
        named(str(shutil.which("ls")))  # which takes the question for the name of a file
    assert len(str(refused.value)) < 300
    with pytest.raises(LaunchError, match="is no Python: Permission denied"):
        named(__file__)
    with pytest.raises(LaunchError, match="there is no interpreter /no/such"):
        named("/no/such")
    with pytest.raises(LaunchError, match=r"no environment: there is no bin/python"):
        named(str(tmp_path))
    with pytest.raises(LaunchError, match=r"has no JAX.*uv pip install --python \S+ jax;"):
        named(without_jax)


def test_too_old_a_python_is_told_which_is_needed(tmp_path):
    old = tmp_path / "python"
    old.write_text('#!/bin/sh\necho \'{"version": [3, 9, 1], "prefix": "", "jax": "0.4.30"}\'\n')
    old.chmod(0o755)
    with pytest.raises(LaunchError, match=r"is Python 3\.9\.1.*needs Python 3\.11 or newer"):
        named(str(old))


SCRIPT = """
    import importlib, sys
    print(sys.executable, [p for p in sys.path if "site-packages" in p], flush=True)
    assert "jax" not in sys.modules
    import jax, jax.numpy as jnp

    @jax.jit
    def make_step(w):
        return (w ** 2).sum(), w * 0.9

    w = jnp.ones(3)
    for _ in range(20):
        loss, w = make_step(w)
    for name in ("PySide6", "psygnal", "optax", "pytest", "eqxcore", "eqxviz"):
        try:
            importlib.import_module(name)
            print(name, "found")
        except ImportError:
            print(name, "missing")
    from importlib import metadata
    print(sorted(d.name for d in metadata.distributions()))
    print("the end", flush=True)
"""


def check_lent_run(events: list[Record], output: str, python: str) -> None:
    assert f"[eqxviz: run by {python}: Python " in output
    lines = output.splitlines()
    packages = next(Path(python).parents[1].glob("lib/python*/site-packages"))
    assert f"{python} ['{packages}']" in lines
    found = [line.split() for line in lines if line.endswith((" found", " missing"))]
    assert dict(found) == {
        **dict.fromkeys(("PySide6", "psygnal", "optax", "pytest"), "missing"),
        **dict.fromkeys(("eqxcore", "eqxviz"), "found"),
    }
    installed = sorted(path.name.partition("-")[0] for path in packages.glob("*.dist-info"))
    assert str(installed) in lines
    assert _problems(events) == []
    assert sum(len(e.series) for e in events if isinstance(e, MetricBatch)) == 20
    states = [e.state for e in events if isinstance(e, RunStatus)]
    assert states[-1] is RunState.FINISHED


def test_a_script_runs_in_an_environment_with_jax_alone(run, with_jax, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(textwrap.dedent(SCRIPT))
    check_lent_run(*run(Launch(str(script), python=with_jax)), with_jax)


def test_the_users_own_version_of_a_lent_package_is_taken(run, with_jax, tmp_path):
    packages = next(Path(with_jax).parents[1].glob("lib/python*/site-packages"))
    mine = packages / "executing"
    shutil.copytree(HERE / "executing", mine)
    script = tmp_path / "train.py"
    script.write_text("import executing\nprint(executing.__file__, 'the end', flush=True)\n")
    try:
        _, output = run(Launch(str(script), python=with_jax))
    finally:
        shutil.rmtree(mine)
    assert f"{mine}/__init__.py the end" in output


def test_a_jax_that_is_too_old_is_told_with_the_one_that_is_needed(run, tmp_path):
    python = str(make_environment(tmp_path / "old", sys.executable, HERE, JAX[2:]))
    packages = next((tmp_path / "old").glob("lib/python*/site-packages"))
    (packages / "jax").mkdir()
    (packages / "jax" / "__init__.py").write_text("__version__ = '0.4.30'\n")
    (packages / "jax-0.4.30.dist-info").mkdir()
    (packages / "jax-0.4.30.dist-info" / "METADATA").write_text("Name: jax\nVersion: 0.4.30\n")
    script = tmp_path / "train.py"
    script.write_text("import jax\nprint('the end', flush=True)\n")
    events, _ = run(Launch(str(script), python=python))
    (problem,) = _problems(events)
    assert problem.code == NOT_OBSERVED
    assert "0.4.30" in problem.why
    assert "0.10.0" in problem.why + problem.fix


def test_an_interpreter_that_is_refused_is_a_problem_of_the_run(run, without_jax, tmp_path):
    script = tmp_path / "train.py"
    script.write_text("print()")
    events, output = run(Launch(str(script), python=without_jax))
    (problem,) = _problems(events)
    assert problem.title == "train.py was not started"
    assert "has no JAX" in problem.why
    assert output == ""
    assert [e.state for e in events if isinstance(e, RunStatus)] == [RunState.FAILED]


@pytest.mark.full
@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_a_script_runs_in_another_version_of_python(run, tmp_path, version):
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    found = [shutil.which(f"python{version}"), *map(str, kept)]
    python = next((path for path in found if path is not None and _answers(path)), None)
    if uv is None or python is None:
        pytest.skip(f"there is no Python {version} here, or no uv to fill an environment")
    subprocess.run([uv, "venv", "-q", "--python", python, str(tmp_path / ".venv")], check=True)
    mine = str(tmp_path / ".venv" / "bin" / "python")
    subprocess.run([uv, "pip", "install", "-q", "--python", mine, "jax"], check=True)
    script = tmp_path / "train.py"
    script.write_text(textwrap.dedent(SCRIPT))
    # Compiled parts of what is lent are for another Python; its own packages are these alone.
    events, output = run(Launch(str(script)))
    assert f"[eqxviz: run by {mine}: Python {version}" in output
    assert _problems(events) == []
    assert sum(len(e.series) for e in events if isinstance(e, MetricBatch)) == 20


def _answers(python: str) -> bool:
    """Whether it is more than a name that a version manager keeps for a Python."""
    return subprocess.run([python, "-V"], check=False, capture_output=True).returncode == 0
