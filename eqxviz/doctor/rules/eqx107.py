"""A plain transformation of JAX gets something that is no JAX type.

`jax.jit`, `jax.grad`, `jax.value_and_grad` and `jax.vmap` take arrays and numbers, in any PyTree.
A model has other leaves, too: its activation functions, strings, flags. They raise a `TypeError`.

The filtered transformations of Equinox take any PyTree: they transform the arrays, and leave alone
what is none:

    @eqx.filter_jit
    def step(model, opt_state, x, y):
        loss, grads = eqx.filter_value_and_grad(loss_fn)(model, x, y)

An argument that is no array at all, and hashable, can be static instead:

    @functools.partial(jax.jit, static_argnames="activation")
    def predict(params, x, activation):
"""

import ast
import inspect
import re
from collections.abc import Hashable, Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.children import accessors
from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.modules import is_module
from eqxviz.analysis.short_text import function_text, own_text
from eqxviz.analysis.tracing import argument_names
from eqxviz.analysis.transformations import Transformation, transformation_of
from eqxviz.doctor.code.failure import UNKNOWN, FailedCall, Failure
from eqxviz.doctor.code.writing import library_in
from eqxviz.doctor.evidence import Evidence
from eqxviz.records import Problem, Severity

CODE = "EQX107"
TITLE = "No JAX type"

_NAMES = ("jit", "grad", "value_and_grad", "vmap", "jacfwd", "jacrev", "checkpoint", "pmap")
_DIFFERENTIATING = ("grad", "value_and_grad", "jacfwd", "jacrev")
_KEPT_OPTIONS = ("has_aux", "in_axes", "out_axes", "axis_name", "axis_size")
_MOST_NAMED = 3
# What JAX says of a leaf that a jitted function was given.
_AT_PATH = re.compile(
    r"problematic value is of type <class '(?P<type>[^']+)'> and was passed to the function at "
    r"path (?P<path>.+?)\.\n"
)


class _Odd(NamedTuple):
    """A leaf that is no JAX type, or one of a model that cannot be differentiated."""

    argument: str  # the parameter that it came by
    path: str  # "model.activation"
    words: str  # "a function"
    value: Any


def find(evidence: Evidence) -> Iterator[Problem]:
    """Yield the problem that what the target raised comes from."""
    yield from (each for each in evidence.diagnosis if each.code == CODE)


def diagnose(failure: Failure) -> Iterator[Problem]:
    """Yield a problem where a plain transformation refused what it was given."""
    call = failure.innermost
    if call is None or not isinstance(failure.error, TypeError):
        return
    function = call.bound[0]
    transformed = transformation_of(function)
    if transformed is not None and transformed.name in _NAMES:
        odd = list(_odd(call, transformed)) if call.args is not None else []
        odd = odd or _said(failure.error)
        if odd:
            yield _problem(call, transformed, odd)
    elif call.target is UNKNOWN and (odd := _said(failure.error)):
        yield _problem(call, Transformation("jit", None, {}), odd)


def _odd(call: FailedCall, transformed: Transformation) -> Iterator[_Odd]:
    _, args, kwargs = call.bound
    names = argument_names(transformed.function, len(args))
    given = [(name, each.value) for name, each in zip(names, args, strict=True)]
    given += [(name, each.value) for name, each in kwargs.items()]
    for i, (name, value) in enumerate(given):
        if value is UNKNOWN or not _is_transformed(transformed, i, name, len(args)):
            continue
        for path, leaf in jax.tree_util.tree_flatten_with_path(value)[0]:
            words = _words(leaf)
            if not words and transformed.name in _DIFFERENTIATING and is_module(value):
                words = _undifferentiable(leaf)
            if words:
                yield _Odd(name, name + accessors(path), words, leaf)


def _is_transformed(transformed: Transformation, number: int, name: str, n_args: int) -> bool:
    """Whether an argument is to be made of JAX types."""
    options = transformed.options
    if transformed.name in _DIFFERENTIATING:
        return number in _numbers(options.get("argnums", 0), n_args)
    if transformed.name in ("vmap", "pmap"):
        axes = options.get("in_axes", 0)
        if isinstance(axes, (tuple, list)):
            return number >= len(axes) or axes[number] is not None
        return axes is not None
    names = options.get("static_argnames", ())
    names = (names,) if isinstance(names, str) else names
    return number not in _numbers(options.get("static_argnums", ()), n_args) and name not in names


def _numbers(given: Any, n_args: int) -> list[int]:
    """Return the numbers of arguments, of which those from the end may be negative."""
    numbers = given if isinstance(given, (tuple, list)) else (given,)
    return [number if number >= 0 else number + n_args for number in numbers]


def _words(leaf: Any) -> str:
    """Return what a leaf is that JAX takes for none, "" for one that it takes."""
    if isinstance(leaf, (bool, int, float, complex)) or compat.is_tracer(leaf):
        return ""
    if isinstance(leaf, (np.ndarray, np.generic)):
        return "" if is_array(leaf) else f"an array of dtype {leaf.dtype}"
    if is_array(leaf) or hasattr(leaf, "__jax_array__"):
        return ""
    if isinstance(leaf, str):
        return f"the str {own_text(leaf)}"
    if isinstance(leaf, type):
        return f"the class {leaf.__name__}"
    named = function_text(leaf) if callable(leaf) else ""
    is_function = inspect.isroutine(leaf) or type(leaf).__module__.startswith(("jax", "functools"))
    if is_function:
        return f"a function ({named})"
    return f"an object of type {type(leaf).__name__}"


def _undifferentiable(leaf: Any) -> str:
    """Return what a number or an array is that has no gradient, "" for one that has."""
    if isinstance(leaf, (float, complex)):
        return ""
    dtype = leaf.dtype if is_array(leaf) or compat.is_tracer(leaf) else np.dtype(type(leaf))
    return "" if compat.is_inexact_dtype(dtype) else f"of dtype {dtype}"


def _said(error: BaseException) -> list[_Odd]:
    """Return the leaf that the message of a jitted function names."""
    found = _AT_PATH.search(f"{error}\n")
    if found is None:
        return []
    path, kind = found["path"], found["type"].rpartition(".")[2]
    argument = re.split(r"[.\[]", path, maxsplit=1)[0]
    return [_Odd(argument, path, f"an object of type {kind}", UNKNOWN)]


def _problem(call: FailedCall, transformed: Transformation, odd: list[_Odd]) -> Problem:
    plain = f"jax.{transformed.name}"
    told = "; ".join(f"`{each.path}`, {each.words}" for each in odd[:_MOST_NAMED])
    more = len(odd) - _MOST_NAMED
    named = getattr(transformed.function, "__name__", call.text)
    is_dtype = odd[0].words.startswith("of dtype")
    takes = "differentiates floating-point arrays only" if is_dtype else "takes arrays and numbers"
    fix, code = _fix(call, transformed, odd)
    return Problem(
        CODE,
        Severity.ERROR,
        f"{TITLE if not is_dtype else 'Not differentiable'}: `{odd[0].path}`, given to {plain}",
        f"`{plain}` {takes}. `{named}` was given {told}{f'; and {more} more' * (more > 0)}.",
        fix,
        *call.at,
        fix_code=code,
    )


def _fix(call: FailedCall, transformed: Transformation, odd: list[_Odd]) -> tuple[str, str]:
    alias = library_in(call.at.file)
    whole = list(dict.fromkeys(each.argument for each in odd))
    is_whole = all(each.path == each.argument or _is_hashable_pair(each) for each in odd)
    name = transformed.name
    if name == "jit" and is_whole and not alias:
        names = whole[0] if len(whole) == 1 else tuple(whole)
        words = (
            f"Make `{', '.join(whole)}` static: the function is compiled anew for each of its "
            "values. Or use `equinox.filter_jit`, which does so with all that is no array."
        )
        return words, _decorated(transformed, f"jax.jit, static_argnames={names!r}") or (
            f"jax.jit({call.text}, static_argnames={names!r})"
        )
    filtered = f"filter_{'checkpoint' if name == 'checkpoint' else name}"
    words = (
        f"Use `{alias or 'equinox'}.{filtered}`, which transforms the arrays and leaves alone what "
        "is none."
    )
    if alias == "" and name != "jit":
        words += " Or take it out of the PyTree: let the function close over it."
    return words, _filtered_code(call, transformed, f"{alias or 'eqx'}.{filtered}")


def _is_hashable_pair(odd: _Odd) -> bool:
    """Whether it is a part of a pair of functions, such as an optimiser of Optax."""
    return odd.path.startswith(f"{odd.argument}.") and isinstance(odd.value, Hashable) and (
        odd.path.rpartition(".")[2] in ("init", "update")
    )  # fmt: skip


def _filtered_code(call: FailedCall, transformed: Transformation, filtered: str) -> str:
    made = call.node.func
    if not isinstance(made, ast.Call) or not made.args:
        return _decorated(transformed, filtered) or f"{filtered}({call.text})"
    if ast.unparse(made.func).rpartition(".")[2] != transformed.name:
        return _decorated(transformed, filtered)
    inner = ast.unparse(made.args[0])
    kept = [f", {ast.unparse(each)}" for each in made.keywords if each.arg in _KEPT_OPTIONS]
    argnum = transformed.options.get("argnums", 0)
    if argnum in (0, (0,)):
        return call.mended((made, f"{filtered}({inner}{''.join(kept)})"))
    if not isinstance(argnum, int) or call.args is None or argnum >= len(call.args):
        return ""
    # The filtered ones differentiate the first argument.
    name = argument_names(transformed.function, len(call.args))[argnum]
    texts = [each.text for each in call.args]
    given, texts[argnum] = texts[argnum], name
    inner = f"({inner})" if isinstance(made.args[0], ast.Lambda) else inner
    closed = f"lambda {name}: {inner}({', '.join(texts)})"
    return call.mended((call.node, f"{filtered}({closed}{''.join(kept)})({given})"))


def _decorated(transformed: Transformation, decorator: str) -> str:
    """Return the head of the function that is transformed, with another decorator."""
    try:
        lines, _ = inspect.getsourcelines(transformed.function)
    except (OSError, TypeError):
        return ""
    head = next((line.strip() for line in lines if line.strip().startswith("def ")), "")
    if not head or not lines[0].strip().startswith("@"):
        return ""
    written = f"functools.partial({decorator})" if decorator.startswith("jax.jit,") else decorator
    return f"@{written}\n{head}"
