"""JAX's own files and functions, as the frames of a traceback name them."""

import functools
import inspect
import os
from types import CodeType
from typing import Any

import jax

from eqxviz.analysis.compat import UnsupportedJaxError

_jax: Any = jax
_FOLDER = os.path.join(os.path.dirname(jax.__file__), "")


def is_of_jax(file: str) -> bool:
    """Whether a file is one of JAX's own."""
    return file.startswith(_FOLDER)


def differentiating_file() -> str:
    """Return the file of JAX that a gradient's operations are carried out from."""
    try:
        from jax._src.interpreters import ad
    except ImportError as error:
        raise UnsupportedJaxError("jax._src.interpreters.ad") from error

    return ad.__file__


def maps_trees(code: CodeType) -> bool:
    """Whether a function of JAX calls another one for each leaf of a PyTree."""
    return code is inspect.unwrap(_jax.tree.map).__code__ or code in _tree_functions()


@functools.cache
def _tree_functions() -> set[CodeType]:
    functions = (_jax.tree_util.tree_map, _jax.tree_util.tree_map_with_path)
    return {inspect.unwrap(function).__code__ for function in functions}


@functools.cache
def loop_functions() -> dict[CodeType, str]:
    """Return the names of the functions that trace a loop's body, by their code."""
    names = ("scan", "fori_loop", "while_loop", "map")
    functions = {name: inspect.unwrap(getattr(_jax.lax, name)) for name in names}
    return {function.__code__: f"lax.{name}" for name, function in functions.items()}
