"""The script of the tutorial, put together from the code blocks of its document, runs under watch.

The document is no part of the project: an environment variable names the folder that has it.
"""

from pathlib import Path

import pytest

from tests.journeys.test_user_scripts import run_observed
from tests.reference.running import FOLDER_VARIABLE, examples_of, reference_folder
from tests.reference.table import TABLE, Runs

DOCUMENT = "equinox-and-friends.md"
N_EPOCHS = 200
# What the document says in words between its blocks.
IMPORTS = "import optax\nfrom typing import Any\n"
MODEL = "\nmodel = Model(1, 8, random.key(0))\n"
TRAINING = f"""
model, losses = train(model, optim, X_norm, y_norm, num_epochs={N_EPOCHS}, log_rate=50)
print(f"from {{losses[0]:.4f}} to {{losses[-1]:.4f}}")
"""
# Its type checker reads the source again, and takes the shapes of jaxtyping for Python.
CHECKERS = ("from typeguard import typechecked", "from beartype import beartype")
_SHORT_OF_CONTEXT = "updates, opt_state"  # a block that is a part of the one with `train`


def tutorial() -> str:
    """Return the blocks of the document in order, those that are pseudo-code left out.

    The training is the document's own, of 200 epochs; its data and its model are not shortened.

    The gradient that one block applies is asked for where the document has it in words.
    """
    parts = [IMPORTS]
    for example, entry in zip(examples_of(DOCUMENT), TABLE[DOCUMENT], strict=True):
        if not isinstance(entry, Runs):
            continue
        if example.source.startswith("opt_state"):
            parts.append(MODEL)
        if example.source.startswith(_SHORT_OF_CONTEXT):
            parts.append("loss, grad = eqx.filter_value_and_grad(mse)(model, X_norm, y_norm)\n")
        parts.append(example.source)
    return "\n".join([*parts, TRAINING]).replace(*CHECKERS)


@pytest.mark.skipif(reference_folder() is None, reason=f"{FOLDER_VARIABLE} names no folder")
@pytest.mark.parametrize("package", ["equinox", pytest.param("eqxcore", marks=pytest.mark.full)])
def test_the_tutorial_trains_and_its_loss_has_its_name(package: str, tmp_path: Path):
    script = tmp_path / "tutorial.py"
    script.write_text(tutorial().replace("import equinox as eqx", f"import {package} as eqx"))
    run, problems = run_observed(script, tmp_path / "runs")
    printed = (Path(run.folder) / "output.txt").read_text()
    assert (run.status.state.value, problems) == ("finished", []), printed
    (loss,) = [curve for curve in run.series.values() if curve.series.name == "loss"]
    assert loss.n == N_EPOCHS
    least, greatest = loss.extremes()
    assert f"from {greatest:.4f} to {least:.4f}" in printed
    assert least < greatest / 2
    assert run.functions[loss.series.function].name == "train.train_step"
