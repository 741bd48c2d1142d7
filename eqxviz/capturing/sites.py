"""What the user calls a result: names read off the assignment at the caller's line."""

import ast
import json
from collections.abc import Sequence
from types import CodeType, FrameType
from typing import Any, NamedTuple

import executing

from eqxviz.capturing.bytecode import targets_after

# `loss = float(step(x))` names the result of `step` as well as `loss = step(x)` does.
_CONVERSIONS = ("float", "int", "bool", "asarray", "array", "device_get", "block_until_ready")
_COLLECTIONS = ("list", "tuple")
_COLLECTING_METHODS = ("append", "appendleft")  # `losses.append(step(x))`
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

    @property
    def keeps(self) -> bool:
        """Whether something is done with the result that names it, or parts of it."""
        return self.targets is not None


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
        found = executing.Source.executing(frame)
        node: Any = found.node
        if not found.source.lines:
            return Site(targets_after(frame.f_code, frame.f_lasti), (), passes_on=False)
        if not isinstance(node, ast.Call):
            return _NOTHING
        return _read(node)


def _read(call: ast.expr) -> Site:
    """Climb from `call` to the statement that keeps its result."""
    strip: list[str] = []
    # Where in a tuple, list or dict of values the result stands, innermost first.
    places: list[int | str] = []
    node: Any = call
    while True:
        parent: Any = getattr(node, "parent", None)
        if isinstance(parent, ast.Attribute) and parent.value is node:
            outer: Any = getattr(parent, "parent", None)
            if not (isinstance(outer, ast.Call) and outer.func is parent):
                strip.append(f".{parent.attr}")
            elif parent.attr in _CONVERTING_METHODS:
                parent = outer
            else:
                return _NOTHING
        elif isinstance(parent, ast.Subscript) and parent.value is node:
            strip.append(f"[{_key(parent.slice)}]")
        elif isinstance(parent, (ast.Tuple, ast.List)):
            places.append(parent.elts.index(node))
        elif isinstance(parent, ast.Dict) and node in parent.values:
            key = parent.keys[parent.values.index(node)]
            if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
                return _NOTHING
            places.append(key.value)
        elif not _passes(parent, node):
            break
        node = parent
    return _kept(parent, node, places, tuple(strip), call)


def _passes(parent: Any, node: Any) -> bool:
    """Whether what `parent` gives is what `node` gives: converted, chosen, or one of many such."""
    if isinstance(parent, ast.Call) and parent.args[:1] == [node]:
        of_many = isinstance(node, (ast.GeneratorExp, ast.ListComp))
        return _function_name(parent.func) in (*_CONVERSIONS, *(_COLLECTIONS if of_many else ()))
    if isinstance(parent, ast.IfExp):
        return parent.test is not node
    if isinstance(parent, (ast.ListComp, ast.GeneratorExp)):
        return parent.elt is node
    return isinstance(parent, ast.Await)


def _kept(parent: Any, node: Any, places: Sequence[int | str], strip: Path, call: ast.expr) -> Site:
    """Return what becomes of the result at the end of the climb, in `parent`."""
    if isinstance(parent, (ast.Return, ast.Lambda)):
        # A part of the result is not what the caller's names are for.
        return Site(None, (), passes_on=not strip and node is call)
    if isinstance(parent, ast.Assign):
        return Site(_target_at(parent.targets[0], places), strip, passes_on=False)
    if isinstance(parent, (ast.AnnAssign, ast.NamedExpr)):
        return Site(_target_at(parent.target, places), strip, passes_on=False)
    if isinstance(parent, ast.AugAssign) and isinstance(node, ast.List) and len(places) == 1:
        return Site(parent.target, strip, passes_on=False)  # `losses += [step(x)]`
    if isinstance(parent, ast.keyword) and parent.arg is not None:
        return Site(_target_at(ast.Name(parent.arg), places), strip, passes_on=False)
    if isinstance(parent, ast.Call) and parent.args == [node]:
        function = parent.func
        if isinstance(function, ast.Attribute) and function.attr in _COLLECTING_METHODS:
            return Site(_target_at(function.value, places), strip, passes_on=False)
    if isinstance(parent, ast.Call) and isinstance(node, ast.Dict):
        *inner, name = places  # `report({"loss": step(x)})`
        return Site(_target_at(ast.Name(str(name)), inner), strip, passes_on=False)
    return _NOTHING


_NOTHING = Site(None, (), passes_on=False)


def _target_at(target: ast.expr, places: Sequence[int | str]) -> ast.expr | None:
    """Return the part of `target` that takes the value at `places`, None if unclear."""
    for place in reversed(places):
        if isinstance(target, (ast.Tuple, ast.List)):
            if not isinstance(place, int) or place >= len(target.elts):
                return None
            if any(isinstance(each, ast.Starred) for each in target.elts[: place + 1]):
                return None
            target = target.elts[place]
        else:
            target = ast.Subscript(target, ast.Constant(place))
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
