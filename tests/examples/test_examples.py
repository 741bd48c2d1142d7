"""The bundled examples are ordinary scripts that train."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "eqxviz" / "examples"
EXAMPLES = sorted(path for path in FOLDER.glob("*.py") if path.name != "__init__.py")


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


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_a_few_steps_make_the_loss_fall(example: Path, tmp_path: Path) -> None:
    output = _run(str(example), "--steps", "30", folder=tmp_path)
    losses = [float(loss) for loss in re.findall(r"^step +\d+  loss ([\d.]+)$", output, re.M)]
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
