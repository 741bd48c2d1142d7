"""What to do about an exception."""

import os
import re
import shlex
import sys
import traceback
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from eqxviz.records.installing import install_command

REMEDY = "Correct the line shown, then read the file again, or run it."  # if nothing better fits
_MOST_FOLDERS = 4  # above a file in which a module is looked for


class Remedy(NamedTuple):
    """What to do, and a command or line that does it where there is one."""

    words: str
    code: str = ""


# What to do about an exception, by the name of its class or of a base; the first that fits.
_REMEDIES = {
    "ModuleNotFoundError": "Install the missing package into this environment; or run the script "
    "in the Python that has it, by Run with… or eqxviz run --python PATH.",
    "ImportError": "Check that the name exists in the installed version of the package.",
    "EOFError": "It asked for input, and there was no more. Type it below Output, or give it as a "
    "file or by a pipe.",
    "SyntaxError": REMEDY,
    "SystemExit": "Put what the script does when it is run below `if __name__ == '__main__':`, so "
    "that opening the file only defines its models.",
    "TracerBoolConversionError": "A traced value has no truth value. Use `jnp.where` or "
    "`jax.lax.cond`, or make the argument static.",
    "TracerIntegerConversionError": "A traced value cannot be a Python integer. Use `jax.lax` "
    "indexing, or make the argument static.",
    "TracerArrayConversionError": "A traced value cannot become a NumPy array. Use `jax.numpy` in "
    "place of `numpy`, or make the argument static.",
    "ConcretizationTypeError": "The function needs a value where only its shape is known. Use "
    "`jnp.where` or `jax.lax.cond`, or make the argument static.",
    "UnexpectedTracerError": "A traced value was kept after its function returned. Return it from "
    "the function instead of storing it.",
    "NonConcreteBooleanIndexError": "Use `jnp.where` with three arguments in place of a boolean "
    "index, whose size is not known while tracing.",
    "RecursionError": "Look for a function that calls itself without end, or a structure that "
    "holds itself.",
    "MemoryError": "Make the model or the batch smaller, or close other programs.",
    "FileNotFoundError": "Check the path; it is taken from the folder in which the script runs.",
    "BrokenPipeError": "Who read what the script writes has ended: the other side of a pipe or a "
    "socket, or the `eqxviz run` that its output passed through. To lose nothing, have it write to "
    "a file.",
    "KeyboardInterrupt": "The script was interrupted; run it again.",
}
_SHAPE_REMEDY = (
    "Compare the shapes in the message with what the line shown expects: an input of another "
    "size, a missing `jax.vmap` over a batch, or a transposed weight."
)
_RUNTIME_REMEDY = "Make the model or the batch smaller, or run on a device with more memory."

_SHAPE_WORDS = re.compile(
    r"\b(?:incompatible shapes|same shape|contracting dimension|broadcast|dimension(?:s)? )", re.I
)


def remedy_of(error: BaseException, message: str, file: str) -> Remedy:
    """Return what to do about `error`, which says `message`, and was raised in `file`."""
    names = [cls.__name__ for cls in type(error).__mro__]
    words = next((_REMEDIES[name] for name in names if name in _REMEDIES), None)
    if isinstance(error, ImportError):
        return _of_import(error, message, file, str(words))
    if words is not None:
        return Remedy(words)
    if "RESOURCE_EXHAUSTED" in message:
        return Remedy(_RUNTIME_REMEDY)
    if _is_of_platforms(error):
        return Remedy(
            f"JAX cannot have the devices that JAX_PLATFORMS={os.environ['JAX_PLATFORMS']} asks "
            "for. Take that variable away, or install the JAX that has them."
        )
    if isinstance(error, (TypeError, ValueError)) and _SHAPE_WORDS.search(message):
        return Remedy(_SHAPE_REMEDY)
    return Remedy(REMEDY)


def _of_import(error: ImportError, message: str, file: str, words: str) -> Remedy:
    if "no known parent package" in message and file:
        root, name = _as_module(Path(file))
        return Remedy(
            "It is a part of a package, and Python knows that only of a module. Run it as one.",
            _run_as_module(root, name),
        )
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.split(".", 1)[0]
        root = _folder_of(package, Path(file)) if file else None
        if root is None:
            has_pip = find_spec("pip") is not None
            return Remedy(words, install_command(package, sys.executable, has_pip=has_pip))
        inside = ".".join(Path(file).relative_to(root).with_suffix("").parts)
        return Remedy(
            f"It lies in {root}, where Python does not look for it. Run the script as a module "
            "from there, or name that folder in PYTHONPATH.",
            _run_as_module(root, inside),
        )
    if "shared object" in message:
        return Remedy(
            "A library of the system that the package needs is missing, or of another version. "
            "Install it, or the package anew."
        )
    return Remedy(words)


def _run_as_module(root: Path, name: str) -> str:
    return shlex.join(["eqxviz", "run", "--cwd", str(root), "-m", name])


def _as_module(file: Path) -> tuple[Path, str]:
    """Return the folder from which `file` is a module of its package, and its name there."""
    root = file.parent.parent
    while (root / "__init__.py").is_file() and root != root.parent:
        root = root.parent
    parts = file.relative_to(root).with_suffix("").parts
    return root, ".".join(parts[:-1] if parts[-1] == "__main__" else parts)


def _folder_of(package: str, file: Path) -> Path | None:
    """Return the folder above that of `file` which has `package` in it, None if none near has."""
    for folder in file.parents[1 : _MOST_FOLDERS + 1]:
        if (folder / f"{package}.py").is_file() or (folder / package / "__init__.py").is_file():
            return folder
        if (folder / package).is_dir() and file.is_relative_to(folder / package):
            return folder
    return None


def _is_of_platforms(error: BaseException) -> bool:
    """Whether JAX raised it while it looked for the devices that the environment asks for."""
    frames = traceback.extract_tb(error.__traceback__)
    return (
        bool(frames)
        and os.path.basename(frames[-1].filename) == "xla_bridge.py"
        and bool(os.environ.get("JAX_PLATFORMS"))
    )
