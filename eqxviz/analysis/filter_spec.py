"""A filter spec, given as code, to the leaves of a model that it selects."""

import ast
import importlib
import linecache
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.children import accessors
from eqxviz.analysis.modules import is_module, library_of_class
from eqxviz.analysis.named import Variables
from eqxviz.analysis.problems import problem_from_exception
from eqxviz.analysis.short_text import array_text, error_text, short_text
from eqxviz.records import Problem, Severity, SpecMask

jtu = cast(Any, jax.tree_util)  # its annotations leave structures unknown
RESULT = "filter_spec"
FILE = "<filter spec>"
_MAX_NAMED = 3  # places that a note names
_FIX = "Correct the spec, then apply it again."
_GUARD = (
    "Functions and strings are leaves too: let the rule begin with `eqx.is_array(x) and`, x being "
    "its argument."
)
_TRUTHS = (bool, np.bool_)


class _SpecError(Exception):
    """Carries the problem of code that gives no filter spec of the model."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


def library_of(model: Any) -> str:
    """Return the library that `model` is made of: "equinox" or "eqxcore".

    A model without Modules counts as one of `equinox` where the user's code has imported that.
    """
    nodes = cast(list[object], jtu.tree_leaves(model, is_leaf=is_module))
    module = next(filter(is_module, nodes), None)
    if module is not None:
        return library_of_class(type(module))
    return "equinox" if "equinox" in sys.modules else "eqxcore"


def spec_mask(model: Any, name: str, code: str, revision: int) -> SpecMask | Problem:
    """Return which leaves of `model`, which the user calls `name`, are selected by `code`.

    Code that fails, or gives no filter spec of this model, gives a problem with its line in `code`.
    """
    try:
        library = library_of(model)
    except Exception as error:  # noqa: BLE001 - flattening is the user's code
        card = problem_from_exception(error, code="spec-not-flat", title=f"JAX refuses {name}")
        return replace(card, fix="Mend what JAX cannot flatten; until then nothing can be split.")

    def evaluate(model: Any) -> SpecMask | Problem:
        try:
            spec = _run(code, _models(model, name), library)
            selected, notes = _select(spec, model, name)
        except _SpecError as error:
            return error.problem
        return SpecMask(revision, library, selected, notes)

    return _with_arrays(model, evaluate)


def _with_arrays(model: Any, evaluate: Callable[[Any], SpecMask | Problem]) -> SpecMask | Problem:
    """Return `evaluate(model)`, for which what only has a shape is an array all the same.

    A `ShapeDtypeStruct` is no array to `is_array`; the tracer that stands for one is.
    """
    leaves, structure = jtu.tree_flatten(model)
    at = [i for i, leaf in enumerate(leaves) if isinstance(leaf, jax.ShapeDtypeStruct)]
    if not at:
        return evaluate(model)
    found: list[SpecMask | Problem] = []

    def traced(arrays: list[Any]) -> None:
        for i, array in zip(at, arrays, strict=True):
            leaves[i] = array
        found.append(evaluate(structure.unflatten(leaves)))

    cast(Any, jax).eval_shape(traced, [leaves[i] for i in at])
    return found[0]


def _models(model: Any, name: str) -> dict[str, Any]:
    """Return the model by the names that code may call it."""
    if isinstance(model, Variables):
        return {"trees": model.values, **dict(zip(model.names, model.values, strict=True))}
    return {"model": model, name: model}


def _run(code: str, models: dict[str, Any], library: str) -> Any:
    """Return the spec that `code` is, or assigns."""
    names: dict[str, Any] = {
        **models, "eqx": importlib.import_module(library), "jax": jax, "jnp": jnp, "jtu": jtu,
        "np": np, "re": re,
    }  # fmt: skip
    linecache.cache[FILE] = (len(code), None, code.splitlines(keepends=True), FILE)
    try:
        parsed = ast.parse(code, FILE)
        last = parsed.body[-1] if parsed.body else None
        if isinstance(last, ast.Expr):  # its value is the spec, as in a notebook
            target = ast.Name(RESULT, ast.Store())
            parsed.body[-1] = ast.copy_location(ast.Assign([target], last.value), last)
            ast.fix_missing_locations(parsed)
        exec(compile(parsed, FILE, "exec"), names)
    except (Exception, SystemExit) as error:
        raise _SpecError(_problem_of(error, "")) from error
    if RESULT not in names:
        raise _error(
            "spec-missing", f"The code assigns no {RESULT}",
            "It must be an expression, or statements that assign that name.",
            f"End it with `{RESULT} = ...`.",
        )  # fmt: skip
    return names[RESULT]


def _select(spec: Any, model: Any, name: str) -> tuple[Any, tuple[Problem, ...]]:
    """Return the mask over the leaves of `model`, and what is to be said of the rules."""
    if isinstance(model, Variables) and isinstance(spec, tuple):
        spec = Variables(model.names, cast(tuple[Any, ...], spec))
    _refuse_misfit(spec, model, name)
    rules, structure = jtu.tree_flatten(spec)
    selected: list[bool] = []
    odd: list[tuple[int, Any]] = []
    for rule, part in zip(rules, structure.flatten_up_to(model), strict=True):
        leaves = jtu.tree_leaves(part)
        if isinstance(rule, bool):
            selected += [rule] * len(leaves)
            continue
        for leaf in leaves:
            verdict = _ask(rule, leaf, len(selected), model, name)
            if not isinstance(verdict, _TRUTHS):
                odd.append((len(selected), verdict))
            selected.append(_truth(verdict, len(selected), model, name))
    notes = (_odd_note(odd, model, name),) if odd else ()
    return np.array(selected, np.bool_), notes


def _ask(rule: Callable[[Any], Any], leaf: Any, at: int, model: Any, name: str) -> Any:
    try:
        return rule(leaf)
    except (Exception, SystemExit) as error:
        raise _SpecError(_problem_of(error, _leaf_path(model, name, at))) from error


def _truth(verdict: Any, at: int, model: Any, name: str) -> bool:
    path = _leaf_path(model, name, at) if verdict is None else ""
    if verdict is None:
        raise _error(
            "spec-leaf", f"The rule returned None for {path}",
            "A rule must return True or False for every leaf.", "Is its `return` missing?",
        )  # fmt: skip
    try:
        return bool(verdict)
    except Exception as error:
        path = _leaf_path(model, name, at)
        raise _SpecError(_problem_of(error, path)) from error


def _refuse_misfit(spec: Any, model: Any, name: str) -> None:
    """Raise `_SpecError` unless `spec` is a prefix of `model` made of bools and callables."""
    waiting: list[tuple[Any, Any, tuple[Any, ...]]] = [(spec, model, ())]
    while waiting:
        part, node, path = waiting.pop()
        level = compat.one_level(part)
        if level is None:
            if isinstance(part, bool) or callable(part):
                continue
            raise _error(
                "spec-leaf", f"The spec is {_what(part)} at {name}{accessors(path)}",
                f"It holds a {type(part).__name__}; only True, False and functions say what is "
                "selected.", "Put True, False or a function there.",
            )  # fmt: skip
        if not _same_level(part, node):
            raise _error(
                "spec-not-prefix", f"The spec is no prefix of {name}",
                f"At {name}{accessors(path)} it has {_what(part)}, where {_what(node)} is due.",
                "Give it that node, or one True, False or function for all that is below."
                + (" None is an empty node, not a leaf." if part is None else ""),
            )  # fmt: skip
        children = [child for _, child in compat.one_level(node) or ()]
        for (key, below), child in reversed(list(zip(level, children, strict=True))):
            waiting.append((below, child, (*path, key)))


def _same_level(part: Any, node: Any) -> bool:
    """Whether two nodes have the same type, settings and keys, whatever is below."""

    def structure(of: Any) -> Any:
        def is_below(inner: object) -> bool:
            return inner is not of

        return jtu.tree_structure(of, is_leaf=is_below)

    try:
        return bool(structure(part) == structure(node))
    except ValueError:  # arrays among the settings, which have no truth value
        return type(part) is type(node)


def _what(node: Any) -> str:
    """Return "a list of 2", "a Linear", "None" or the text of a leaf."""
    level = None if node is None else compat.one_level(node)
    is_named = hasattr(node, "_fields")
    if level is None:
        return short_text(node, 40) if not hasattr(node, "dtype") else array_text(node)
    cls = type(node).__name__
    article = "an" if cls[:1] in "AEIOU" else "a"
    if isinstance(node, dict):
        keys = ", ".join(short_text(key, 20) for key in list(cast(Any, node))[:6])
        return f"a {cls} with the keys {keys}" if keys else f"an empty {cls}"
    if isinstance(node, (list, tuple)) and not is_named:
        return f"{article} {cls} of {len(level)}"
    return f"{article} {cls}"


def _problem_of(error: BaseException, path: str) -> Problem:
    """Return the card of what the user's code raised, at the line of the spec."""
    card = problem_from_exception(error, code="spec-raised")
    lines = [frame.line for frame in card.frames if frame.file == FILE]
    line = lines[-1] if lines else 0
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        line = error.lineno or 0
        title = (
            f"Line {line} of the spec is not valid Python" if line else "The spec does not parse"
        )
    else:
        title = f"Line {line} of the spec raised {kind}" if line else f"The spec raised {kind}"
    why, fix = card.why, _FIX
    if path:
        why = f"For the leaf {path}: {error_text(error)}."
        if isinstance(error, (AttributeError, TypeError)):
            fix = _GUARD
    return replace(card, title=title, why=why, fix=fix, fix_code="", file="", line=line)


def _odd_note(odd: list[tuple[int, Any]], model: Any, name: str) -> Problem:
    named = [f"{short_text(v, 30)} for {_leaf_path(model, name, at)}" for at, v in odd[:_MAX_NAMED]]
    more = f" and {len(odd) - _MAX_NAMED:,} more" if len(odd) > _MAX_NAMED else ""
    return Problem(
        "spec-not-bool", Severity.WARNING, "A rule returned something else than True or False",
        f"It returned {', '.join(named)}{more}; partition takes the truth value of it.",
        "Return True or False.",
    )  # fmt: skip


def _leaf_path(model: Any, name: str, at: int) -> str:
    return name + accessors(jtu.tree_leaves_with_path(model)[at][0])


def _error(code: str, title: str, why: str, fix: str) -> _SpecError:
    return _SpecError(Problem(code, Severity.ERROR, title, why, fix))
