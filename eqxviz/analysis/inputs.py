"""Example inputs of a model's call: written as text, and proposed by trying."""

import inspect
import itertools
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax

from eqxviz.analysis import compat
from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.modules import is_module
from eqxviz.analysis.tracing import trace
from eqxviz.analysis.walk import Walk

_INPUT = re.compile(
    r"(?:(?P<name>\w+)\s*=\s*)?(?P<dtype>[A-Za-z_]\w*(?:<\w+>)?)\s*\[(?P<dims>[\d,\s]*)\]"
)
_LONG_KINDS = {"bf": "bfloat", "f": "float", "u": "uint", "i": "int", "s": "int", "c": "complex"}
_EXAMPLE = 'Write shapes as JAX does, separated by spaces: "f32[8,3] i32[] key=key<fry>[]".'
# Trying goes on for so long; what one trial costs depends on the model.
MAX_SECONDS = 3.0
_MOST_NODES = 100_000
_MAX_SIZES = 6
_MAX_COMBINATIONS = 512
_SEQUENCE = 8
_IMAGE_SIDE = 32


def parse_inputs(text: str) -> list[jax.ShapeDtypeStruct]:
    """Return the arrays that `text` describes: "f32[8,3] i32[]".

    Raises:
        ValueError: If `text` is not such a list, or names one of its entries.
    """
    args, kwargs = parse_call(text)
    if kwargs:
        raise ValueError(f"{text!r} names {next(iter(kwargs))!r}; here inputs go by position.")
    return list(args)


def parse_call(text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the positional and the named arrays of a call: "f32[8,3] key=key<fry>[]".

    Raises:
        ValueError: If `text` is not such a list.
    """
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    at = 0
    for match in _INPUT.finditer(text):
        _refuse_rest(text, text[at : match.start()])
        at = match.end()
        shape = _shape(match["dims"], text)
        struct = jax.ShapeDtypeStruct(shape, _dtype(match["dtype"], text))
        if match["name"] is None:
            if kwargs:
                raise ValueError(f"{match.group()!r} follows a named input; named ones come last.")
            args.append(struct)
        elif match["name"] in kwargs:
            raise ValueError(f"{match['name']!r} is given twice in {text!r}.")
        else:
            kwargs[match["name"]] = struct
    _refuse_rest(text, text[at:])
    return tuple(args), kwargs


def example_inputs(model: Any) -> str:
    """Return inputs with which the call of `model` can be traced: "f32[2]"; "" if none was found.

    Sizes come from the model's fields and arrays, the number of inputs from its signature. The
    first that traces without an error is taken; nothing is computed.
    """
    if not callable(model):
        return ""
    required, has_key = _required(model)
    if not required:
        return ""
    deadline = time.monotonic() + MAX_SECONDS
    for text in _proposals(model, required, has_key):
        if _traces(model, text):
            return text
        if time.monotonic() > deadline:
            break
    return ""


def _refuse_rest(text: str, rest: str) -> None:
    if rest.strip(" \t\n,;"):
        raise ValueError(f"{rest.strip()!r} in {text!r} is no shape. {_EXAMPLE}")


def _shape(dims: str, text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in dims.split(",")]
    if parts[-1] == "":  # "[]", and a trailing comma as in Python
        parts.pop()
    if not all(part.isdigit() for part in parts):
        raise ValueError(f"[{dims}] in {text!r} is no shape. {_EXAMPLE}")
    return tuple(map(int, parts))


def _dtype(name: str, text: str) -> Any:
    """Return the dtype that JAX prints as `name`, or that has this name."""
    if name.startswith("key"):
        return compat.key_dtype()
    short = re.fullmatch(r"(bf|f|u|i|s|c)(\d\w*)", name)
    long = _LONG_KINDS[short[1]] + short[2] if short else name
    try:
        dtype = jax.numpy.dtype(long)
    except TypeError as error:
        raise ValueError(f"{name!r} in {text!r} is no dtype. {_EXAMPLE}") from error
    if str(dtype) != long or dtype.hasobject:  # NumPy knows "q" and "object"; jaxprs do not
        raise ValueError(f"{name!r} in {text!r} is no dtype of JAX arrays. {_EXAMPLE}")
    return jax.dtypes.canonicalize_dtype(dtype)


def _required(model: Callable[..., Any]) -> tuple[list[inspect.Parameter], bool]:
    """Return the parameters that a call must give by position, and whether it may give `key`."""
    try:
        parameters = list(inspect.signature(model).parameters.values())
    except (TypeError, ValueError):  # some builtins have no signature
        return [], False
    positional = [
        p
        for p in parameters
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty
    ]
    if not positional and any(p.kind is p.VAR_POSITIONAL for p in parameters):
        positional = [p for p in parameters if p.kind is p.VAR_POSITIONAL]
    has_key = any(p.name == "key" and p not in positional for p in parameters)
    return positional, has_key


def _proposals(model: Any, required: Sequence[inspect.Parameter], has_key: bool) -> Iterator[str]:
    """Yield inputs to try, the likeliest first."""
    sizes = _sizes(model)
    choices = [_of_parameter(parameter, sizes) for parameter in required]
    # Alike first (query, key and value), then each one's likely shapes before unlikely ones.
    alike = list(zip(*map(enumerate, choices), strict=False))
    ranked = itertools.islice(itertools.product(*map(enumerate, choices)), _MAX_COMBINATIONS)
    combinations = [*alike, *sorted(ranked, key=lambda c: sum(i for i, _ in c))]
    for combination in combinations:
        text = " ".join(t for _, t in combination)
        yield text
        if has_key:  # layers such as dropout refuse to work without one
            yield f"{text} key={_key_text()}"


def _of_parameter(parameter: inspect.Parameter, sizes: Sequence[int]) -> list[str]:
    if parameter.name in ("key", "rng") or parameter.name.endswith(("_key", "_rng")):
        return [_key_text()]
    vectors = [f"f32[{n}]" for n in sizes]
    sequences = [f"f32[{_SEQUENCE},{n}]" for n in sizes]
    images = [f"f32[{n},{_IMAGE_SIDE},{_IMAGE_SIDE}]" for n in sizes]
    batches = [f"f32[{_SEQUENCE},{_SEQUENCE},{n}]" for n in sizes]
    images += [f"f32[1,{_IMAGE_SIDE},{_IMAGE_SIDE},{n}]" for n in sizes]
    scalars = ["f32[]", "i32[]", f"i32[{_SEQUENCE}]", f"i32[2,{_SEQUENCE}]"]
    annotated = _annotated(parameter.annotation, sizes)
    if parameter.name in ("t", "time", "scalar", "index", "token", "tokens", "ids"):
        return list(dict.fromkeys([*annotated, *scalars, *vectors, *sequences]))
    return list(dict.fromkeys([*annotated, *vectors, *scalars, *sequences, *images, *batches]))


def _annotated(annotation: Any, sizes: Sequence[int]) -> list[str]:
    """Return the inputs that a jaxtyping annotation such as `Float[Array, "seq 16"]` allows."""
    dims = getattr(annotation, "dim_str", None)
    if not isinstance(dims, str):
        return []
    dtype = "i32" if "int" in str(getattr(annotation, "dtypes", "")) else "f32"
    tokens = dims.split()
    texts: list[str] = []
    for size in sizes or (_SEQUENCE,):
        lengths = [t if t.isdigit() else str(_SEQUENCE) for t in tokens]
        if tokens and not tokens[-1].isdigit():
            lengths[-1] = str(size)
        texts.append(f"{dtype}[{','.join(lengths)}]")
    return [*texts, f"{dtype}[{','.join(t if t.isdigit() else str(_SEQUENCE) for t in tokens)}]"]


def _sizes(model: Any) -> list[int]:
    """Return the likely lengths of an input, likeliest first.

    A layer's field says it; else the weight that is met first: its last axis, as layers have it,
    or its first, as in `x @ w`.
    """
    walk = Walk(model, "model")
    walk.advance(_MOST_NODES)
    stated: list[int] = []
    for value in walk.values:
        if is_module(value):
            for name in ("in_size", "in_features", "in_channels", "input_size"):
                size = getattr(value, name, None)
                if isinstance(size, int) and not isinstance(size, bool):
                    stated.append(size)
    arrays: list[Any] = [value for value in walk.values if is_array(value)]
    weights = [array.shape for array in arrays if len(array.shape) > 1]
    axes = [shape[axis] for shape in weights for axis in (-1, 0, 1)]
    vectors = [array.shape[0] for array in arrays if len(array.shape) == 1]
    found = [n for n in [*stated, *axes, *vectors] if n > 0]
    return list(dict.fromkeys(found))[:_MAX_SIZES]


def _key_text() -> str:
    return f"{compat.key_dtype()}[]"


def _traces(model: Any, text: str) -> bool:
    """Whether a call of `model` with these inputs returns an array."""
    args, kwargs = parse_call(text)
    names = [str(i) for i in range(len(args))]
    try:
        traced = trace(model, args, kwargs, names, "")
    except Exception:  # noqa: BLE001 - a model may raise anything at an input it does not take
        return False
    return len(traced.jaxpr.outvars) > 0
