"""A traced function as a `Graph`."""

from collections.abc import Callable, Sequence
from typing import Any

from eqxviz.analysis.captured import CapturedNames
from eqxviz.analysis.jaxpr_reader import JaxprReader
from eqxviz.analysis.modules import is_module
from eqxviz.analysis.tracing import Trace, trace
from eqxviz.analysis.tracing import argument_names as names_in_signature
from eqxviz.analysis.user_code import UserCode
from eqxviz.records import Graph


def graph_of(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    title: str,
    argument_names: Sequence[str] | None = None,
    project_root: str | None = None,
    name: str | None = None,
) -> Graph:
    """Return the jaxpr of `fn(*args, **kwargs)`, grouped by the Modules called and nested jaxprs.

    The call is traced, not run: of arrays only shapes count, and a `jax.ShapeDtypeStruct` may stand
    for one. A jitted function is drawn as its body. Module groups are named by the whole path of
    the instance, `model.layers[0]`, or by the class where the instance could not be placed; what a
    Module does backward is a group of its own with the same name.

    Args:
        fn: A function, jitted or not, or a Module.
        title: What the graph is called.
        argument_names: Names of `args`; by default those in the signature.
        project_root: The user's folder: sources are lines below it, where there are any.
        name: What the user calls `fn` where it has arrays of its own, as a Module has; the title
            by default.

    Raises:
        ValueError: If the function traces to more equations than can be shown.
        Exception: Whatever `fn` raises while it is traced.
    """
    names = names_in_signature(fn, len(args)) if argument_names is None else argument_names
    own = title.removesuffix(".__call__") if name is None else name
    traced = trace(fn, args, kwargs, names, own)
    return read_graph(
        traced, fn, args, kwargs, title=title, names=names, project_root=project_root, name=own
    )


def read_graph(
    traced: Trace,
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    title: str,
    names: Sequence[str],
    project_root: str | None,
    name: str,
) -> Graph:
    """Return the graph of a call that was traced already; see `graph_of`."""
    user_code = UserCode(project_root)
    arguments = [*zip(names, args, strict=True), *kwargs.items()]
    captured = CapturedNames((name, fn), arguments, user_code)
    reader = JaxprReader(user_code, name, type(fn).__name__ if is_module(fn) else "", captured)
    reader.read(traced.jaxpr, traced.input_names)
    return reader.graph(title, traced.output_names)
