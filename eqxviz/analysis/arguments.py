"""The arguments of a call, written as text: shapes as JAX writes them, and Python values."""

import ast
import difflib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax

import eqxcore
from eqxviz.analysis import compat

_SHAPE_OR_TEXT = re.compile(
    r"""(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|"""
    r"(?<![\w.\])])(?P<dtype>[A-Za-z_]\w*(?:<\w+>)?)\s*\[(?P<dims>[\d_,\s]*)\]"
)
_LENGTH = re.compile(r"\d+(?:_\d+)*")
_NAMED = re.compile(r"([A-Za-z_]\w*)=(?!=)(.*)", re.DOTALL)
_PIECE = re.compile(r"_piece_\d+_")
_LONG_KINDS = {"bf": "bfloat", "f": "float", "u": "uint", "i": "int", "s": "int", "c": "complex"}
_OPENING, _CLOSING = "([{", ")]}"


class WrittenShape(jax.ShapeDtypeStruct):
    """An array of which nothing is given but the shape that was written for it."""


class _Text(NamedTuple):
    """A text with a name in place of each shape and of each text in quotes."""

    whole: str
    replaced: str
    pieces: dict[str, str]  # by name: what stood there
    shapes: dict[str, jax.ShapeDtypeStruct]
    faults: dict[str, ValueError]  # what looks like a shape, and why it is none

    def original(self, part: str) -> str:
        """Return what `part` of the replaced text was in the text itself."""
        return _PIECE.sub(lambda match: self.pieces[match.group()], part)


def parse_inputs(text: str) -> list[jax.ShapeDtypeStruct]:
    """Return the arrays that `text` describes: "f32[8,3] i32[]".

    Raises:
        ValueError: If `text` is not such a list, or names one of its entries.
    """
    args, kwargs = parse_call(text)
    if kwargs:
        raise ValueError(f"{text!r} names {next(iter(kwargs))!r}; here inputs go by position.")
    return list(args)


def parse_call(
    text: str, variables: Mapping[str, Any] | None = None
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the positional and the named arguments of a call: "f32[8,3] 0.1 key=key<fry>[]".

    An argument is a shape, or a Python expression without spaces outside of brackets, which may
    hold shapes: "(f32[8,3],i32[8])". It may use `variables` by name; what it calls is traced, so
    that "make_model()" is the shapes of a model. Shapes are `WrittenShape`s.

    Raises:
        ValueError: If `text` is not such a list.
    """
    known: Mapping[str, Any] = variables or {}
    read = _without_shapes(text)
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for part in _parts(read.replaced):
        named = _NAMED.fullmatch(part)
        if named is None and kwargs:
            raise ValueError(
                f"{read.original(part)!r} follows a named input; named ones come last."
            )
        if named is None:
            args.append(_value(part, read, known))
        elif named[1] in kwargs:
            raise ValueError(f"{named[1]!r} is given twice in {text!r}.")
        else:
            kwargs[named[1]] = _value(named[2], read, known)
    return tuple(args), kwargs


def key_text() -> str:
    """Return how a PRNG key is written: "key<fry>[]"."""
    return f"{compat.key_dtype()}[]"


def _without_shapes(text: str) -> _Text:
    pieces: dict[str, str] = {}
    shapes: dict[str, jax.ShapeDtypeStruct] = {}
    faults: dict[str, ValueError] = {}

    def replaced(match: re.Match[str]) -> str:
        name = f"_piece_{len(pieces)}_"
        if match["text"] is None:
            try:
                dtype = _dtype(match["dtype"], text)
            except ValueError as error:
                faults[match.group()] = error
                return match.group()  # it may be an item of a variable
            shapes[name] = WrittenShape(_shape(match["dims"], text), dtype)
        pieces[name] = match.group()
        return name

    whole = _SHAPE_OR_TEXT.sub(replaced, text)
    return _Text(text, re.sub(r"\s*(?<![=!<>])=(?!=)\s*", "=", whole), pieces, shapes, faults)


def _parts(text: str) -> list[str]:
    """Return what stands between the spaces, commas and semicolons outside of all brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in _OPENING) - (letter in _CLOSING)
        if depth <= 0 and (letter.isspace() or letter in ",;"):
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part]


def _value(part: str, read: _Text, variables: Mapping[str, Any]) -> Any:
    """Return what one argument means."""
    if part in read.shapes:
        return read.shapes[part]
    written = read.original(part)
    fault = next((read.faults[f] for f in read.faults if f in written), None)
    no_shape = f"{written!r} in {read.whole!r} is no shape"
    try:
        tree = ast.parse(part, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise fault or ValueError(f"{no_shape}.") from error
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for name in sorted(names - read.pieces.keys() - variables.keys()):
        if fault is not None:
            raise fault
        close = difflib.get_close_matches(name, variables, 1)
        meant = f"did you mean {close[0]}?" if close else f"there is no variable {name!r}."
        raise ValueError(f"{no_shape}: {meant}")
    texts = {
        name: ast.literal_eval(piece)
        for name, piece in read.pieces.items()
        if name not in read.shapes
    }
    code = compile(tree, "<argument>", "eval")

    def evaluated(shapes: Mapping[str, Any]) -> Any:
        return eval(code, {"__builtins__": {}, **variables, **texts, **shapes})

    try:
        if any(isinstance(node, ast.Call) for node in ast.walk(tree)):
            return eqxcore.filter_eval_shape(evaluated, read.shapes)
        return evaluated(read.shapes)
    except (
        Exception
    ) as error:  # what it names and calls is the user's code, which may raise anything
        raise fault or ValueError(
            f"{written!r} cannot be evaluated: {type(error).__name__}: {error}"
        ) from error


def _shape(dims: str, text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in dims.split(",")]
    if parts[-1] == "":  # "[]", and a trailing comma as in Python
        parts.pop()
    if not all(_LENGTH.fullmatch(part) for part in parts):
        raise ValueError(f"[{dims}] in {text!r} is no shape.")
    return tuple(map(int, parts))


def _dtype(name: str, text: str) -> Any:
    """Return the dtype that JAX prints as `name`, or that has this name."""
    if name.startswith("key<"):
        return compat.key_dtype()
    short = re.fullmatch(r"(bf|f|u|i|s|c)(\d\w*)", name)
    long = _LONG_KINDS[short[1]] + short[2] if short else name
    try:
        dtype = jax.numpy.dtype(long)
    except TypeError as error:
        raise ValueError(f"{name!r} in {text!r} is no dtype.") from error
    if str(dtype) != long or dtype.hasobject:  # NumPy knows "q" and "object"; jaxprs do not
        raise ValueError(f"{name!r} in {text!r} is no dtype of JAX arrays.")
    made = jax.dtypes.canonicalize_dtype(dtype)
    if made != dtype:
        raise ValueError(
            f"{name!r} in {text!r} would be {made}, for JAX has no 64 bits until they are "
            "switched on: in the file, jax.config.update('jax_enable_x64', True)."
        )
    return made
