"""What the user calls a result: names read off the assignment at the caller's line."""

import ast
import json
from collections.abc import Sequence
from types import CodeType, FrameType
from typing import Any, NamedTuple

import executing

# `loss = float(step(x))` names the result of `step` as well as `loss = step(x)` does.
_CONVERSIONS = ("float", "int", "bool", "asarray", "array", "device_get", "block_until_ready")
_CONVERTING_METHODS = ("item", "block_until_ready", "astype")
_MAX_HOPS = 48  # a call inside `jax.grad` has a dozen of JAX's own frames above it

# The calls of `jax.grad` and of `filter_grad`, which return gradients alone.
_DROPPING = ("grad.", "_GradWrapper.")

Path = tuple[str, ...]  # accessors as Python writes them: ("[0]", '["loss"]', ".mean")


class Site(NamedTuple):
    """A call in the source: what becomes of its result."""

    targets: ast.expr | None  # what is assigned
    strip: Path  # `loss = step(x)[0]` assigns the part at ("[0]",)
    passes_on: bool  # the result is returned to the caller, or the code is not the user's

    def name(self, path: Path) -> str:
        """Return what the user calls the part of the result at `path`; "" for nothing."""
        if self.targets is None or path[: len(self.strip)] != self.strip:
            return ""
        return _name(self.targets, path[len(self.strip) :])

    def name_of_value(self, path: Path) -> str:
        """Return the name at `path` in the value, if it is a value and its gradients that return.

        `loss, grads = jax.value_and_grad(f)(x)` calls the result of `f` "loss".
        """
        has_two = isinstance(self.targets, (ast.Tuple, ast.List)) and len(self.targets.elts) == 2
        return self.name(("[0]", *path)) if has_two else ""


class Sites:
    """Reads each call site once."""

    def __init__(self, is_user: Any) -> None:
        self._is_user = is_user
        # The code object is kept beside its id, so that the id is not given to another.
        self._read: dict[tuple[int, int], tuple[CodeType, Site]] = {}

    def at(self, frame: FrameType) -> Site:
        """Return the site that `frame` is executing."""
        key = (id(frame.f_code), frame.f_lasti)
        read = self._read.get(key)
        if read is None:
            read = self._read[key] = (frame.f_code, self._site(frame))
        return read[1]

    def chain(self, frame: FrameType) -> list[FrameType]:
        """Return `frame` and its callers, up to the one that keeps the result."""
        frames = [frame]
        while self.at(frames[-1]).passes_on and len(frames) < _MAX_HOPS:
            back = frames[-1].f_back
            if back is None:
                break
            frames.append(back)
        return frames

    def name(self, frames: Sequence[FrameType], path: Path, is_plain: bool) -> str:
        """Return what the user calls the part at `path` of what returns through `frames`.

        `frames` is a `chain`. Unless the call `is_plain`, a transformation lies in between, and
        hands on the result together with gradients, or drops it.
        """
        site = self.at(frames[-1])
        if is_plain:
            return site.name(path)
        if any(f.f_code.co_qualname.startswith(_DROPPING) for f in frames):
            return ""
        return site.name_of_value(path)

    def _site(self, frame: FrameType) -> Site:
        if not self._is_user(frame.f_code.co_filename):
            return Site(None, (), passes_on=True)
        node: Any = executing.Source.executing(frame).node
        if not isinstance(node, ast.Call):
            return Site(None, (), passes_on=False)
        return _read(node)


def _read(call: ast.expr) -> Site:
    """Climb from `call` to the statement that keeps its result."""
    strip: list[str] = []
    places: list[int] = []  # where in a tuple of values the result stands, innermost first
    node: Any = call
    while True:
        parent: Any = getattr(node, "parent", None)
        if isinstance(parent, ast.Subscript) and parent.value is node:
            strip.append(f"[{_key(parent.slice)}]")
        elif isinstance(parent, ast.Attribute) and parent.value is node:
            outer: Any = getattr(parent, "parent", None)
            if isinstance(outer, ast.Call) and outer.func is parent:
                if parent.attr not in _CONVERTING_METHODS:
                    return Site(None, (), passes_on=False)
                parent = outer
            else:
                strip.append(f".{parent.attr}")
        elif isinstance(parent, ast.Call) and parent.args[:1] == [node]:
            if _function_name(parent.func) not in _CONVERSIONS:
                return Site(None, (), passes_on=False)
        elif (
            isinstance(parent, ast.Await)
            or (isinstance(parent, ast.IfExp) and parent.test is not node)
            or (isinstance(parent, ast.ListComp) and parent.elt is node)
        ):
            pass
        elif isinstance(parent, ast.Tuple):
            places.append(parent.elts.index(node))
        elif isinstance(parent, (ast.Return, ast.Lambda)):
            # A part of the result is not what the caller's names are for.
            return Site(None, (), passes_on=not strip and node is call)
        elif isinstance(parent, ast.Assign):
            return Site(_target_at(parent.targets[0], places), tuple(strip), passes_on=False)
        elif isinstance(parent, (ast.AnnAssign, ast.NamedExpr)):
            return Site(parent.target, tuple(strip), passes_on=False)
        else:
            return Site(None, (), passes_on=False)
        node = parent


def _target_at(target: ast.expr, places: Sequence[int]) -> ast.expr | None:
    """Return the part of `target` that takes the value at `places` of a tuple, None if unclear."""
    for place in reversed(places):
        if not isinstance(target, (ast.Tuple, ast.List)) or place >= len(target.elts):
            return None
        if any(isinstance(each, ast.Starred) for each in target.elts[: place + 1]):
            return None
        target = target.elts[place]
    return target


def _name(target: ast.expr, path: Path) -> str:
    """Return `path` within what is assigned to `target`, as the user would write it."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return _name_in_row(target.elts, path)
    if isinstance(target, ast.Name) and target.id.strip("_") == "":
        return ""
    return _written(target) + "".join(path)


def _name_in_row(targets: Sequence[ast.expr], path: Path) -> str:
    index = _index(path[0]) if path else -1
    if index < 0:
        return ""  # an array, a dict or an object taken apart by the assignment
    for at, target in enumerate(targets):
        if isinstance(target, ast.Starred):
            # How many items the star takes is not known here; those before it are.
            return _written(target.value) + f"[{index - at}]" + "".join(path[1:])
        if at == index:
            return _name(target, path[1:])
    return ""


def _index(accessor: str) -> int:
    inner = accessor[1:-1]
    return int(inner) if accessor.startswith("[") and inner.isdigit() else -1


def _written(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_written(node.value)}.{node.attr}"
    if isinstance(node, ast.Subscript):
        return f"{_written(node.value)}[{_key(node.slice)}]"
    return ast.unparse(node)


def _key(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return quoted(node.value)
    return ast.unparse(node)


def quoted(text: str) -> str:
    """Return `text` as a Python string in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _function_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
