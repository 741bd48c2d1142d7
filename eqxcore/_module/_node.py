"""How instances of a class are taken apart into children and put together again.

The functions are generated for each class, with the names of its fields written out: they run for
every node of every tree that passes through a transformation, so each avoidable step counts.
"""

import dataclasses
from typing import Any, NamedTuple

import jax.tree_util as jtu

#: What a wrapper takes over from the callable it wraps. See `module_update_wrapper`.
WRAPPER_ATTRIBUTES = ("__module__", "__name__", "__qualname__", "__doc__", "__annotations__")


#: For how many attributes CPython gives the first instance of a class room.
_ROOM_OF_THE_FIRST = 30


class Layout(NamedTuple):
    """Which fields of a class are children, which are static, and where they may be missing."""

    dynamic: tuple[str, ...]
    static: tuple[str, ...]
    #: Instances may carry the attributes of a callable they wrap.
    wraps: bool
    #: A field is held by a slot.
    slotted: bool
    #: A field may be provided by the class instead of the instance; then it is no child.
    in_class: bool


@dataclasses.dataclass(frozen=True)
class _Partial:
    """The structure of an instance that lacks fields. It can't be unpacked, unlike that of others.

    So `unflatten` needs no look at what it is given to know one from the other.
    """

    children: tuple[str, ...]
    static: tuple[tuple[str, Any], ...]


def _flatten_partial(self: Any, layout: Layout) -> tuple[tuple[Any, ...], _Partial]:
    state = self.__dict__
    names = tuple(name for name in layout.dynamic if name in state)
    static = layout.static + WRAPPER_ATTRIBUTES if layout.wraps else layout.static
    return (
        tuple(state[name] for name in names),
        _Partial(names, tuple((name, state[name]) for name in static if name in state)),
    )


def _unflatten_partial(cls: Any, aux: Any, children: Any) -> Any:
    if not isinstance(aux, _Partial):
        raise TypeError(f"{aux!r:.200} is not the structure of a `{cls.__qualname__}`.")
    self = object.__new__(cls)
    state = self.__dict__
    state.update(zip(aux.children, children, strict=True))
    state.update(aux.static)
    return self


def _wrapper_state(state: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, state[name]) for name in WRAPPER_ATTRIBUTES if name in state)


def _tuple(parts: list[str]) -> str:
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _source(layout: Layout) -> str:
    dynamic = [f"d{i}" for i in range(len(layout.dynamic))]
    static = [f"s{i}" for i in range(len(layout.static))]
    names = dict(zip(dynamic + static, layout.dynamic + layout.static, strict=True))
    read = {
        local: f"state[{name!r}]" if layout.in_class else f"self.{name}"
        for local, name in names.items()
    }
    children = [read[local] for local in dynamic]
    keyed = [f"(k{local}, {read[local]})" for local in dynamic]
    aux, aux_targets = [read[local] for local in static], [*static]
    if layout.wraps:
        aux.append("wrapper_state(state)")
        aux_targets.append("wrapper")
    start = ["state = self.__dict__"] if layout.in_class or layout.wraps else []

    writes = []
    if layout.wraps or (len(names) > 2 and not layout.slotted):
        writes.append("state = self.__dict__")
        writes += [f"state[{name!r}] = {local}" for local, name in names.items()]
    else:
        # Touching `__dict__` makes a dictionary, which costs more than two such calls.
        writes += [f"assign(self, {name!r}, {local})" for local, name in names.items()]
    if layout.wraps:
        writes.append("if wrapper: state.update(wrapper)")

    def body(lines: list[str], indent: int) -> str:
        return "".join(f"{' ' * indent}{line}\n" for line in lines)

    return (
        "def flatten(self):\n"
        "    try:\n"
        f"{body([*start, f'return {_tuple(children)}, {_tuple(aux)}'], 8)}"
        "    except (AttributeError, KeyError):\n"
        "        return flatten_partial(self, layout)\n"
        "def flatten_with_keys(self):\n"
        "    try:\n"
        f"{body([*start, f'return {_tuple(keyed)}, {_tuple(aux)}'], 8)}"
        "    except (AttributeError, KeyError):\n"
        "        children, aux = flatten_partial(self, layout)\n"
        "        return tuple(zip(map(key, aux.children), children, strict=True)), aux\n"
        "def unflatten(aux, children):\n"
        "    try:\n"
        f"        {_tuple(aux_targets)} = aux\n"
        "    except TypeError:\n"
        "        return unflatten_partial(cls, aux, children)\n"
        f"    {_tuple(dynamic)} = children\n"
        "    self = new(cls)\n"
        f"{body(writes, 4)}"
        "    return self\n"
    )


def register(cls: type, layout: Layout) -> None:
    """Make instances of `cls` nodes of PyTrees, with their fields as `GetAttrKey`s."""
    namespace: dict[str, Any] = {
        "cls": cls,
        "layout": layout,
        "new": object.__new__,
        "assign": object.__setattr__,
        "key": jtu.GetAttrKey,
        "flatten_partial": _flatten_partial,
        "unflatten_partial": _unflatten_partial,
        "wrapper_state": _wrapper_state,
    }
    namespace |= {f"kd{i}": jtu.GetAttrKey(name) for i, name in enumerate(layout.dynamic)}
    exec(_source(layout), namespace)
    jtu.register_pytree_with_keys(
        cls, namespace["flatten_with_keys"], namespace["unflatten"], namespace["flatten"]
    )


def make_compact(cls: type, names: tuple[str, ...]) -> None:
    """Have every instance of `cls`, the first one too, hold room for its fields and no more.

    CPython gives the first instance of a class room for 30 attributes, and each later one a little
    less, for it learns from them which attributes there will be. Here that is known at once.
    """
    if hasattr(cls, "__del__"):
        return  # it would meet instances without fields
    try:
        teacher = object.__new__(cls)
        for name in names:
            object.__setattr__(teacher, name, None)
    except (TypeError, AttributeError):
        return  # abstract, also an instance of a built-in type, or a property hides a field
    for _ in range(_ROOM_OF_THE_FIRST):
        object.__new__(cls)
