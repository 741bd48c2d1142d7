"""What kinds of files open as models, and the cards of those that do not."""

import os
from pathlib import Path

from eqxviz.worker import cards
from eqxviz.worker.array_files import READERS

PYTHON = (".py", ".pyw")
LEAVES = ".eqx"
_KINDS = "A Python file, or weights: .eqx with the function that makes the model, " + (
    f"{', '.join(READERS)}; or .eqxviz, what eqxviz has seen of a model."
)
_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".bin", ".joblib", ".dill")


def checked_file(path: str) -> str:
    """Return the absolute path of a file that is there.

    Raises:
        CardError: If there is none.
    """
    if not path:
        raise cards.error("missing-file", "No file was named", _KINDS, "Name a file to open.")
    full = os.path.abspath(os.path.expanduser(path))
    if not os.path.exists(full):
        folder = os.path.dirname(full)
        why = "The folder exists, but not the file." if os.path.isdir(folder) else (
            f"The folder {folder} does not exist either."
        )  # fmt: skip
        raise cards.error("missing-file", f"There is no file {path}", why, "Check the path.", full)
    if not os.path.isfile(full):
        raise cards.error(
            "not-a-file", f"{path} is not a file", _KINDS,
            "Open one of the files in it." if os.path.isdir(full) else "Check the path.", full,
        )  # fmt: skip
    return full


def is_python(path: str) -> bool:
    """Whether `path` is run to be opened. A file without a suffix is taken for a script."""
    return Path(path).suffix.lower() in (*PYTHON, "")


def not_openable(path: str) -> cards.CardError:
    """Return the card of a file of a kind that opens no model by itself."""
    name, suffix = Path(path).name, Path(path).suffix.lower()
    why, fix = f"{name} is none of the kinds of files that open. {_KINDS}", "Open one of these."
    if suffix == LEAVES:
        why = "An .eqx file holds the arrays of a model one after the other, and no structure."
        fix = f"Name what makes the model: eqxviz open model.py:make_model --weights {name}"
    elif suffix == ".ipynb":
        why = "A notebook is no Python file, and what its cells made is in its own process."
        fix = "In a cell of the notebook, call eqxviz.show(model); the window opens beside it."
    elif suffix in _PICKLES:
        why = "Such files hold pickles, and to load one runs whatever it says. " + _KINDS
        fix = "Save the weights as .safetensors, .npz or .eqx, and open those."
    return cards.error("not-openable", f"{name} does not open as a model", why, fix, path)
