"""The arguments of a call under the names of the function's parameters."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from eqxviz.analysis.modules import is_module
from eqxviz.records import JitFlavour

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
# Options of `jax.jit` that are told by the arguments themselves.
_TOLD_OTHERWISE = ("fun", "static_argnums", "static_argnames")


class Given(NamedTuple):
    """An argument as the call gives it."""

    value: Any
    is_static: bool
    by_keyword: bool


class Call(NamedTuple):
    """A call of a jitted function."""

    function: Any  # what is jitted
    options: Mapping[str, Any]  # of the jitting
    arguments: dict[str, Given]  # by parameter


def call_of(
    target: Any,
    flavour: JitFlavour,
    options: Mapping[str, Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> Call:
    """Return the call of the jitted `target` with these arguments.

    `options` are those of `jax.jit`; what was asked of a `filter_jit` its wrapper knows.
    """
    function = getattr(target, "__wrapped__", target)
    arguments: dict[str, Given] = {}
    if flavour is JitFlavour.JAX:
        numbers, names = chosen(function, options, "static")
        _add_positional(arguments, function, args, numbers)
        _add_named(arguments, function, kwargs, names, by_keyword=True)
    else:
        options = filter_options(target)
        function, args, kwargs = _unbound(function, args, kwargs)
        parameters = function
        if is_module(function):
            arguments["self"] = Given(function, is_static=False, by_keyword=False)
            function = type(function).__call__
        _add_positional(arguments, parameters, args, set())
        # Whether an argument is named or not is one to a filtered jit.
        _add_named(arguments, parameters, kwargs, set(), by_keyword=False)
    # What is empty or False is as good as not given.
    told = {n: v for n, v in options.items() if _is_given(v) and n not in _TOLD_OTHERWISE}
    return Call(function, told, arguments)


def _unbound(
    function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[Any, Sequence[Any], Mapping[str, Any]]:
    """Return the function under bound methods of Modules and partial applications.

    Both are PyTrees: the instance, and what is applied already, are arguments like any.
    """
    while is_module(function):
        if hasattr(function, "__func__") and hasattr(function, "__self__"):
            args, function = (function.__self__, *args), function.__func__
        elif type(function).__name__ == "Partial":
            args, kwargs = (*function.args, *args), {**function.keywords, **kwargs}
            function = function.func
        else:
            break
    return function, args, kwargs


def _add_positional(
    arguments: dict[str, Given], function: Any, values: Sequence[Any], static: set[int]
) -> None:
    parameters = _parameters(function)
    names = [p.name for p in parameters if p.kind in _POSITIONAL]
    is_static = [{place, place - len(values)} & static != set() for place in range(len(values))]
    for name, value, static_too in zip(names, values, is_static, strict=False):
        arguments[name] = Given(value, static_too, by_keyword=False)
    first = len(names)
    starred = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)
    if starred is not None and not any(is_static[first:]):
        arguments[starred] = Given(tuple(values[first:]), is_static=False, by_keyword=False)
        return
    for place, value in enumerate(values[first:], start=first):
        name = f"args[{place}]" if starred is None else f"{starred}[{place - first}]"
        arguments[name] = Given(value, is_static[place], by_keyword=False)


def _add_named(
    arguments: dict[str, Given],
    function: Any,
    named: Mapping[str, Any],
    static: set[str],
    *,
    by_keyword: bool,
) -> None:
    parameters = _parameters(function)
    own = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    starred = next((p.name for p in parameters if p.kind is p.VAR_KEYWORD), None)
    rest: dict[str, Any] = {}
    for name, value in named.items():
        if name in own or starred is None or name in static:
            arguments[name] = Given(value, name in static, by_keyword)
        else:
            rest[name] = value
    if starred is not None:
        arguments[starred] = Given(rest, is_static=False, by_keyword=False)


def _is_given(option: Any) -> bool:
    return option is not None and option is not False and option != () and option != []


def _parameters(function: Any) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some builtins have no signature
        return []


def filter_options(wrapper: Any) -> dict[str, Any]:
    """Return what was asked of `filter_jit`, of a wrapper by eqxcore or by Equinox."""
    cache = getattr(wrapper, "cache", None)
    if cache is not None:
        donate = {} if cache.donate == "none" else {"donate": cache.donate}
        return {**donate, **cache.jitkwargs}
    first = getattr(wrapper, "donate_first", False)
    rest = getattr(wrapper, "donate_rest", False)
    donated = {(True, True): "all", (False, True): "all-except-first"}.get((first, rest))
    return {} if donated is None else {"donate": donated}


def chosen(function: Any, options: Mapping[str, Any], what: str) -> tuple[set[int], set[str]]:
    """Return places and names of the arguments that options of `jax.jit` make `what`.

    That is "static" or "donate". JAX infers places from names and the other way round; places may
    be negative.
    """
    given_numbers, given_names = options.get(f"{what}_argnums"), options.get(f"{what}_argnames")
    numbers, names = set(_several(given_numbers)), set(_several(given_names))
    if given_names is None and numbers:
        parameters = _parameters(function)
        places = {n if n >= 0 else n + len(parameters) for n in numbers}
        named = [p for i, p in enumerate(parameters) if i in places]
        names = {p.name for p in named if p.kind is p.POSITIONAL_OR_KEYWORD}
    elif given_numbers is None and names:
        numbers = {
            i
            for i, p in enumerate(_parameters(function))
            if p.name in names and p.kind in _POSITIONAL
        }
    return numbers, names


def _several(given: Any) -> Iterable[Any]:
    if given is None:
        return ()
    return (given,) if isinstance(given, (int, str)) else given
