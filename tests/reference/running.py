"""Running the examples of a document on Equinox, or on eqxcore in its name."""

import ast
import contextlib
import functools as ft
import importlib
import io
import linecache
import os
import sys
import types
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

from tests.parity.outcome import Outcome
from tests.reference.fences import Example, python_examples
from tests.reference.table import TABLE, LeftOut, Runs
from tests.reference.unfenced import unfenced_examples

FOLDER_VARIABLE = "EQXCORE_REFERENCE_DOCS"
_GIVEN = "__given__"
_NOT_NOW = LeftOut("pseudo-code, or needs another number of devices")


def reference_folder() -> Path | None:
    """Return the folder of the documents, or `None` if no environment variable names one."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return Path(folder) if folder else None


@contextlib.contextmanager
def named_equinox(package: types.ModuleType) -> Iterator[None]:
    """Make `import equinox`, and that of its submodules, mean `package` for a while."""
    kept = {name: module for name, module in sys.modules.items() if _is_equinox(name)}
    prefix = package.__name__
    with contextlib.suppress(KeyError):
        for name in kept:
            del sys.modules[name]
    for name, module in list(sys.modules.items()) + list(kept.items()):
        if name == prefix or name.startswith(f"{prefix}."):
            sys.modules["equinox" + name.removeprefix(prefix)] = module
    try:
        yield
    finally:
        for name in [name for name in sys.modules if _is_equinox(name)]:
            del sys.modules[name]
        sys.modules.update(kept)


def _is_equinox(name: str) -> bool:
    return name.partition(".")[0] == "equinox"


def run_examples(
    examples: Sequence[Example], entries: Sequence[Runs | LeftOut], package: types.ModuleType
) -> list[Outcome | None]:
    """Return what each example does, run one after the other in one module; `None` if left out.

    The value of an example is a dict of the names it and its use have bound, and of what those of
    its statements gave that are expressions. An example that raises does not keep the next from
    running.
    """
    module = types.ModuleType("reference_examples")
    outcomes: list[Outcome | None] = []
    with named_equinox(package):
        sys.modules[module.__name__] = module
        try:
            for example, entry in zip(examples, entries, strict=True):
                runs = isinstance(entry, Runs)
                outcomes.append(_run(module, example, entry) if runs else None)
        finally:
            del sys.modules[module.__name__]
    return outcomes


def _run(module: types.ModuleType, example: Example, entry: Runs) -> Outcome:
    _execute(module, f"<prelude {example.index}>", dedent(entry.prelude))
    given: list[Any] = []
    vars(module)[_GIVEN] = given
    before = dict(vars(module))
    printed, error = io.StringIO(), None
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always")
        try:
            _execute(module, f"<example {example.index}>", example.source, kept=True)
        except Exception as raised:  # noqa: BLE001  (whatever it raises is what is compared)
            error = raised
        else:
            _execute(module, f"<use {example.index}>", dedent(entry.use))
    bound = {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("__") and (name not in before or before[name] is not value)
    }
    if any(value is not None for value in given):
        bound["expressions"] = given
    messages = tuple((each.category.__name__, str(each.message)) for each in caught)
    return Outcome(bound, printed.getvalue(), messages, error)


def _execute(module: types.ModuleType, filename: str, source: str, kept: bool = False) -> None:
    # Run-time type checkers read the source of what they check.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    tree = ast.parse(source, filename)
    if kept:
        tree = ast.fix_missing_locations(_KeepExpressions().visit(tree))
    exec(compile(tree, filename, "exec"), vars(module))


class _KeepExpressions(ast.NodeTransformer):
    """Makes the statements of a module that are expressions append their value to a list."""

    def visit_Module(self, node: ast.Module) -> ast.Module:
        node.body = [self._kept(each) if isinstance(each, ast.Expr) else each for each in node.body]
        return node

    def _kept(self, statement: ast.Expr) -> ast.Expr:
        append = ast.Attribute(ast.Name(_GIVEN, ast.Load()), "append", ast.Load())
        call = ast.Call(append, [statement.value], [])
        return ast.copy_location(ast.Expr(ast.copy_location(call, statement)), statement)


@ft.cache
def outcomes(document: str, package: str, devices: int = 1) -> list[Outcome | None]:
    """Return what the examples of a document that need so many devices do on a package."""
    entries = [
        entry if isinstance(entry, Runs) and entry.devices == devices else _NOT_NOW
        for entry in TABLE[document]
    ]
    return run_examples(examples_of(document), entries, importlib.import_module(package))


@ft.cache
def examples_of(document: str) -> list[Example]:
    """Return the examples of a document in the reference folder, which are fenced or are not."""
    folder: Any = reference_folder()
    text = (folder / document).read_text(encoding="utf-8")
    return python_examples(text) or unfenced_examples(text)
