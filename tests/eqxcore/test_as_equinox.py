"""Code that says `import equinox` runs on eqxcore, and else as it would."""

import importlib
import json
import os
import runpy
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import eqxcore
from eqxcore.as_equinox import installed

COMMAND = ["-m", "eqxcore.as_equinox"]


@pytest.fixture
def not_imported() -> Iterator[None]:
    """Equinox as if nothing had imported it yet."""
    kept = {name: each for name, each in sys.modules.items() if name.split(".")[0] == "equinox"}
    for name in kept:
        del sys.modules[name]
    try:
        yield
    finally:
        sys.modules.update(kept)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script that says in JSON what it sees of its surroundings."""
    path = tmp_path / "folder" / "script.py"
    path.parent.mkdir()
    path.write_text(
        textwrap.dedent(
            """\
            import json, sys
            seen = {
                "argv": sys.argv, "path": sys.path, "name": __name__,
                "file": globals().get("__file__"), "main": vars(sys.modules[__name__]) is globals(),
                "package": __package__, "spec": getattr(__spec__, "name", None),
                "warnoptions": sys.warnoptions, "flags": tuple(sys.flags),
                "jax": "jax" in sys.modules, "input": sys.stdin.read(),
            }
            print(json.dumps(seen))
            """
        )
    )
    return path


def _python(
    *arguments: str, cwd: Path, repository: Path, stdin: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(repository), **variables},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.usefixtures("not_imported")
def test_all_forms_of_import_give_the_modules_of_eqxcore() -> None:
    with installed():
        import equinox
        import equinox as eqx
        import equinox.debug
        import equinox.internal as eqxi
        import equinox.nn as nn
        from equinox import Module, filter_jit
        from equinox.nn import Linear

        assert equinox is eqx is eqxcore
        assert nn is equinox.nn is eqxcore.nn is importlib.import_module("eqxcore.nn")
        assert eqxi is importlib.import_module("eqxcore.internal")
        assert equinox.debug is importlib.import_module("eqxcore.debug")
        assert Module is eqxcore.Module
        assert filter_jit is eqxcore.filter_jit
        assert Linear is eqxcore.nn.Linear
        assert equinox.nn.__name__ == equinox.nn.__spec__.name == "eqxcore.nn"


@pytest.mark.usefixtures("not_imported")
def test_afterwards_everything_is_as_it_was() -> None:
    finders, modules = list(sys.meta_path), set(sys.modules)
    names = {name: set(dir(sys.modules[name])) for name in ("eqxcore", "eqxcore.nn")}
    with installed():
        import equinox.nn

        assert equinox is eqxcore
    assert sys.meta_path == finders
    assert [name for name in set(sys.modules) - modules if name.startswith("equinox")] == []
    assert {name: set(dir(sys.modules[name])) for name in names} == names
    assert importlib.import_module("equinox") is not eqxcore
    for name in set(sys.modules) - modules:
        del sys.modules[name]


@pytest.mark.usefixtures("not_imported")
def test_it_may_be_installed_within_itself() -> None:
    with installed():
        with installed():
            assert importlib.import_module("equinox") is eqxcore
        assert importlib.import_module("equinox.nn") is eqxcore.nn


def test_it_is_refused_once_equinox_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    import equinox

    monkeypatch.setitem(sys.modules, "equinox", equinox)
    finders = list(sys.meta_path)
    with pytest.raises(RuntimeError, match=r"`equinox\S*` is imported already \(from .*equinox"):
        installed().__enter__()
    assert sys.meta_path == finders


@pytest.mark.usefixtures("not_imported")
@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        ("import equinox._private", ModuleNotFoundError, "No module named 'equinox._private'"),
        ("from equinox._module import Module", ModuleNotFoundError, "public modules .* only"),
        ("import equinox._filters", ModuleNotFoundError, "public modules of Equinox only"),
        ("import equinox.nn._linear", ModuleNotFoundError, r"'equinox.nn._linear'.*plain `python`"),
        ("import equinox.loops", ModuleNotFoundError, "'equinox.loops'.*no such module"),
        ("import equinox.nn.conv", ModuleNotFoundError, "'equinox.nn.conv'.*no such module"),
        ("from equinox import filter_jti", ImportError, "`filter_jti` in `equinox`.*`filter_jit`"),
        ("from equinox.nn import Lstm", ImportError, "`Lstm` in `equinox.nn`, .*`eqxcore.nn` here"),
        (
            "from equinox.internal import nought",
            ImportError,
            "`nought` in `equinox.internal`, .*on",
        ),
        (
            "import equinox; equinox.nought",
            AttributeError,
            "`nought` in `equinox`, .*Equinox itself",
        ),
        ("import equinox.nn; equinox.nn.Liner", AttributeError, "Did you mean `Linear`?"),
        ("import equinox.internal as i; i.nought", AttributeError, "no `nought` in .*internal`"),
    ],
)
def test_what_is_not_there_is_named(code: str, error: type[Exception], message: str) -> None:
    with installed(), pytest.raises(error, match=message):
        exec(code, {})


@pytest.mark.usefixtures("not_imported")
def test_a_lazy_attribute_of_a_module_is_still_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def lazily(name: str) -> object:
        if name == "late":
            return 1
        raise AttributeError(name)

    monkeypatch.setitem(vars(eqxcore.nn), "__getattr__", lazily)
    with installed():
        from equinox import nn

        assert nn.late == 1
        with pytest.raises(AttributeError, match="There is no `later`"):
            nn.later
    assert vars(eqxcore.nn)["__getattr__"] is lazily


@pytest.mark.parametrize("form", ["script", "module", "code", "stdin"])
def test_the_program_sees_what_it_sees_under_plain_python(
    form: str, script: Path, tmp_path: Path, repository: Path
) -> None:
    program, cwd, stdin = {
        "script": (["folder/script.py"], tmp_path, "typed"),
        "module": (["-m", "script"], script.parent, ""),
        "code": (["-c", script.read_text()], tmp_path, ""),
        "stdin": (["-"], tmp_path, script.read_text()),
    }[form]
    options = ["-W", "error", "-u"]
    program = [*program, "-x", "a b", "--help"]

    def run(*arguments: str) -> object:
        ended = _python(*arguments, cwd=cwd, repository=repository, stdin=stdin)
        assert ended.returncode == 0, ended.stderr
        assert ended.stderr == ""
        return json.loads(ended.stdout)

    assert run(*options, *COMMAND, *program) == run(*options, *program)


@pytest.mark.parametrize("end", ["raise ValueError('x')", "import sys; sys.exit('no')", "exit(7)"])
def test_the_program_ends_as_under_plain_python(end: str, tmp_path: Path, repository: Path) -> None:
    (tmp_path / "script.py").write_text(f"def f():\n    {end}\n\n\nf()\n")

    def run(*arguments: str) -> tuple[object, ...]:
        ended = _python(*arguments, "script.py", cwd=tmp_path, repository=repository)
        return ended.returncode, ended.stdout, ended.stderr

    code, out, err = run(*COMMAND)
    assert code != 0
    assert (code, out, err) == run()


def test_what_the_program_starts_and_what_its_start_hid_are_on_eqxcore_too(
    tmp_path: Path, repository: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.hidden = True\n")
    # A folder beside the script comes first on the path.
    (tmp_path / "equinox.py").write_text("raise AssertionError\n")
    (tmp_path / "script.py").write_text(
        textwrap.dedent(
            """\
            import multiprocessing, sys
            import equinox
            from equinox.nn import Linear

            def work():
                print(equinox.__name__, Linear.__module__, sys.hidden, flush=True)

            if __name__ == "__main__":
                work()
                child = multiprocessing.get_context("spawn").Process(target=work)
                child.start()
                child.join()
            """
        )
    )
    ended = _python(
        *COMMAND,
        "script.py",
        cwd=tmp_path,
        repository=repository,
        PYTHONPATH=os.pathsep.join([str(tmp_path), str(repository)]),
    )
    assert ended.stderr == ""
    assert ended.stdout.splitlines() == ["eqxcore eqxcore.nn._linear True"] * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [([], "nothing to run.*usage: python"), (["-X", "dev"], "cannot be '-X'.*go before")],
)
def test_arguments_that_say_nothing_to_run_are_refused(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["eqxcore.as_equinox", *arguments])
    with pytest.raises(SystemExit, match=f"(?s){message}"):
        runpy.run_module("eqxcore.as_equinox", run_name="__main__")


def test_help_lists_the_forms(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["eqxcore.as_equinox", "--help"])
    with pytest.raises(SystemExit, match=r"^0$"):
        runpy.run_module("eqxcore.as_equinox", run_name="__main__")
    assert "-m MODULE" in capsys.readouterr().out


def test_a_python_that_ignores_its_environment_is_refused(repository: Path) -> None:
    ended = _python("-E", *COMMAND, "x.py", cwd=repository, repository=repository)
    assert ended.returncode == 1
    assert "-E, -I or -S" in ended.stderr
