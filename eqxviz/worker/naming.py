"""Names such as `model.layers[0]` and `cfg.d['m']`: what they mean in a module."""

import ast
from typing import Any

from eqxviz.analysis.short_text import short_text


class LostNameError(ValueError):
    """Raised when a name leads nowhere; `missing` is the part that is not there."""

    def __init__(self, message: str, missing: str = "") -> None:
        super().__init__(message)
        self.missing = missing


def first_name(name: str) -> str:
    """Return the name that `name` begins with: "model" of "model.layers[0]"."""
    return name.partition("[")[0].partition(".")[0]


def made_name(name: str) -> tuple[str, str]:
    """Return what is called and the rest: "make", ".layers[0]" of "make.layers[0]" or with `()`."""
    first = first_name(name)
    return first.removesuffix("()"), name[len(first) :]


def split_names(text: str) -> list[str]:
    """Return the names in `text` that stand between commas: "model,opt_state" are two.

    Raises:
        LostNameError: If it is not Python.
    """
    body = _parsed(text)
    parts = body.elts if isinstance(body, ast.Tuple) else [body]
    return [ast.unparse(part) for part in parts]


def look_up(module: Any, name: str) -> Any:
    """Return what `name` means in `module`: attributes and items of its names, no calls.

    Raises:
        LostNameError: If it is no such name, or leads nowhere.
    """
    value = module
    for step, text in _steps(name):
        try:
            value = getattr(value, step.attr) if isinstance(step, ast.Attribute) else value[step]
        except (AttributeError, LookupError, TypeError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise LostNameError(f"{text} leads nowhere. {reason}"[:400], text) from error
    return value


def _steps(name: str) -> "list[tuple[Any, str]]":
    """Return the steps of `name` from the module on: attributes, and keys of items."""
    node = _parsed(name)
    steps: list[tuple[Any, str]] = []
    while not isinstance(node, ast.Name):
        text = ast.unparse(node)
        if isinstance(node, ast.Attribute):
            steps.append((node, text))
        elif isinstance(node, ast.Subscript):
            steps.append((_key(node.slice, text), text))
        else:
            raise LostNameError(
                f"{text} is no name: only attributes and items are looked up, as in "
                "model.layers[0] or cfg['m']; nothing is called"
            )
        node = node.value
    start = ast.Attribute(value=node, attr=node.id, ctx=ast.Load())
    return [(start, node.id), *reversed(steps)]


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        said = error.msg if isinstance(error, SyntaxError) else error
        raise LostNameError(f"{short_text(text)} is not Python: {said}") from error


def _key(node: ast.expr, text: str) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError) as error:
        raise LostNameError(
            f"The key in {text} is neither a number, a text nor a tuple of them"
        ) from error
