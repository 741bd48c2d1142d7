"""The bundled examples are ordinary scripts that train."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "eqxviz" / "examples"
EXAMPLES = sorted(path for path in FOLDER.glob("*.py") if path.name != "__init__.py")


@pytest.fixture(scope="module", autouse=True)
def _compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Most of the time of so few steps is compilation, and always the same one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path_factory.mktemp("compiled")))
        patch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        yield


def _run(*arguments: str, folder: Path) -> str:
    """Run Python as a user would, with eqxcore installed and in no folder of ours."""
    environment = {**os.environ, "PYTHONPATH": str(FOLDER.parents[1])}
    finished = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def _marked(example: Path) -> object:
    slowest = pytest.mark.full if example.stem in ("digits", "transformer") else ()
    return pytest.param(example, marks=slowest, id=example.stem)


@pytest.mark.parametrize("example", [_marked(example) for example in EXAMPLES])
def test_a_few_steps_make_the_loss_fall(example: Path, tmp_path: Path) -> None:
    output = _run(str(example), "--steps", "30", folder=tmp_path)
    losses = [float(loss) for loss in re.findall(r"^step +\d+  loss ([\d.]+)", output, re.M)]
    assert len(losses) >= 2
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_opening_an_example_makes_its_model_and_trains_nothing(
    example: Path, tmp_path: Path
) -> None:
    program = (
        f"import runpy, jax; made = runpy.run_path({str(example)!r})['make_model']();"
        "print(sum(leaf.size for leaf in jax.tree.leaves(made) if hasattr(leaf, 'size')))"
    )
    assert int(_run("-c", program, folder=tmp_path)) > 1000


def test_an_example_uses_eqxcore_and_nothing_of_the_application() -> None:
    assert EXAMPLES
    for example in EXAMPLES:
        source = example.read_text(encoding="utf-8")
        assert "import eqxcore as eqx" in source
        assert "eqxviz" not in source


def test_the_transformer_needs_equal_heads(tmp_path: Path) -> None:
    program = (
        f"import runpy, jax; made = runpy.run_path({str(FOLDER / 'transformer.py')!r});\n"
        "try: made['Attention'](10, 3, key=jax.random.key(0))\n"
        "except ValueError as error: print(error)"
    )
    assert "can't be split" in _run("-c", program, folder=tmp_path)


def test_the_digits_are_read_rightly(tmp_path: Path) -> None:
    output = _run(str(FOLDER / "digits.py"), "--steps", "400", folder=tmp_path)
    accuracies = [
        float(a) for a in re.findall(r"^test of step .* accuracy ([\d.]+)$", output, re.M)
    ]
    assert len(accuracies) == 4
    assert accuracies[-1] > 0.97
    assert not list(tmp_path.iterdir())


@pytest.mark.full
def test_a_resumed_training_goes_on_as_if_it_had_never_been_interrupted(tmp_path: Path) -> None:
    digits = str(FOLDER / "digits.py")
    _run(digits, "--steps", "20", "--checkpoints", "kept", folder=tmp_path)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["step-000020.eqx"]
    resumed = _run(digits, "--steps", "41", "--checkpoints", "kept", "--resume", folder=tmp_path)
    straight = _run(digits, "--steps", "41", folder=tmp_path)
    first, *rest = resumed.splitlines()
    assert first == "resumed at step 20"
    assert rest == straight[straight.index("step   20") :].splitlines()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--resume",), "--resume needs --checkpoints FOLDER"),
        (("--resume", "--checkpoints", "none"), "there is no checkpoint in none"),
    ],
)
def test_resuming_from_nothing_says_what_is_missing(words: tuple[str, ...], said: str) -> None:
    finished = subprocess.run(
        [sys.executable, str(FOLDER / "digits.py"), *words],
        env={**os.environ, "PYTHONPATH": str(FOLDER.parents[1])},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert finished.returncode != 0
    assert said in finished.stderr


def test_the_digits_come_with_who_made_them_and_under_which_licence() -> None:
    assert (FOLDER / "digits.npz").stat().st_size < 60_000
    licence = (FOLDER / "digits.txt").read_text(encoding="utf-8")
    assert "CC BY 4.0" in licence
    assert "Alpaydin" in licence
