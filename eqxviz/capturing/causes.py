"""In what two signatures of a function differ: the causes of the later one's compilation."""

from collections.abc import Iterator

from eqxviz.capturing.signatures import Array, Entry, Signature, Tree, Value
from eqxviz.records import Cause, CauseKind

_NOT_GIVEN = "not given"
_OPTION_KINDS = {
    **dict.fromkeys(("donate", "donate_argnums", "donate_argnames"), CauseKind.DONATION),
    **dict.fromkeys(("in_shardings", "out_shardings"), CauseKind.SHARDING),
    **dict.fromkeys(("device", "backend"), CauseKind.DEVICE),
}


def causes_of(old: Signature, new: Signature) -> Iterator[Cause]:
    """Yield everything in which `new` differs from `old`."""
    yield from _of_function(old, new)
    is_alike = old.transformations == new.transformations
    for name in {**old.arguments, **new.arguments}:
        for cause in _of_argument(name, old, new):
            # What the call as a whole is within says it of every argument.
            if is_alike or cause.kind is not CauseKind.TRANSFORMATION:
                yield cause
    for name in {**old.options, **new.options}:
        a, b = old.options.get(name), new.options.get(name)
        if a is None or b is None or a.token != b.token:
            kind = _OPTION_KINDS.get(name, CauseKind.CONFIG)
            yield Cause(kind, name, _text(a), _text(b))
    if old.settings != new.settings:
        for name, setting in new.settings.items():
            before = old.settings.get(name, _NOT_GIVEN)
            if before != setting:
                yield Cause(CauseKind.CONFIG, name, before, setting)
    if not is_alike:
        before, after = (s.transformations or "none" for s in (old, new))
        yield Cause(CauseKind.TRANSFORMATION, "", before, after)


def _of_function(old: Signature, new: Signature) -> Iterator[Cause]:
    a, b = old.function, new.function
    if a.token != b.token:
        yield Cause(CauseKind.NEW_FUNCTION, "", a.text, b.text)


def _of_argument(name: str, old: Signature, new: Signature) -> Iterator[Cause]:
    a, b = old.arguments.get(name), new.arguments.get(name)
    if a is None or b is None:
        given = [_NOT_GIVEN if each is None else str(each.entry) for each in (a, b)]
        yield Cause(CauseKind.STRUCTURE, name, *given)
        return
    if a.by_keyword != b.by_keyword:
        how = ["by keyword" if each.by_keyword else "by position" for each in (a, b)]
        yield Cause(CauseKind.STRUCTURE, name, *how)
    for cause in _of_entry(name, a.entry, b.entry):
        # The function that a library's wrapper holds is the jitted one itself.
        is_itself = cause.kind is CauseKind.NEW_FUNCTION and _holds_itself(name, cause.path, new)
        yield Cause(cause.kind, "", cause.old, cause.new) if is_itself else cause


def _holds_itself(name: str, path: str, signature: Signature) -> bool:
    """Whether the function at `path` is the one that the row of the ledger is for."""
    if name != "self":
        return False
    found = _at(signature.arguments[name].entry, path[len(name) :])
    return found is not None and found.code is not None and found.code.origin == signature.origin


def _at(entry: Entry, path: str) -> Value | None:
    if isinstance(entry, Value):
        return entry if not path else None
    if isinstance(entry, Tree):
        for accessor, child in (*entry.children, *entry.statics):
            if path.startswith(accessor):
                found = _at(child, path[len(accessor) :])
                if found is not None:
                    return found
    return None


def _of_entry(path: str, old: Entry, new: Entry) -> Iterator[Cause]:
    if old == new:  # tuples of tuples: most of the two is compared here, in C
        return
    if isinstance(old, Tree) and isinstance(new, Tree) and old.type == new.type:
        yield from _of_trees(path, old, new)
    elif isinstance(old, Array) and isinstance(new, Array):
        yield from _of_arrays(path, old, new)
    elif isinstance(old, Value) and isinstance(new, Value):
        yield from _of_values(path, old, new, CauseKind.STATIC_VALUE)
    else:
        has_node = isinstance(old, Tree) or isinstance(new, Tree)
        kind = CauseKind.NODE_TYPE if has_node else CauseKind.STATIC_VALUE
        yield Cause(kind, path, str(old), str(new))


def _of_trees(path: str, old: Tree, new: Tree) -> Iterator[Cause]:
    before, after = dict(old.children), dict(new.children)
    if before.keys() != after.keys():
        if old.keys is not None and new.keys is not None:
            left = ", ".join(key for key in old.keys if key not in new.keys)
            come = ", ".join(key for key in new.keys if key not in old.keys)
            yield Cause(CauseKind.DICT_KEYS, path, left, come)
        else:
            sizes = [f"{tree} of {len(tree.children)}" for tree in (old, new)]
            yield Cause(CauseKind.STRUCTURE, path, *sizes)
    for accessor, child in new.children:
        if accessor in before:
            yield from _of_entry(path + accessor, before[accessor], child)
    known = dict(old.statics)
    for accessor, value in new.statics:
        was = known.get(accessor)
        if was is None:
            yield Cause(CauseKind.STATIC_FIELD, path + accessor, _NOT_GIVEN, value.text)
        else:
            yield from _of_values(path + accessor, was, value, CauseKind.STATIC_FIELD)


def _of_arrays(path: str, old: Array, new: Array) -> Iterator[Cause]:
    if old.transformed != new.transformed:
        before, after = (each.transformed or "none" for each in (old, new))
        yield Cause(CauseKind.TRANSFORMATION, path, before, after)
        # The axes that are mapped over are no difference beside that.
        old, new = (each._replace(shape=each.inner_shape) for each in (old, new))
    texts = str(old), str(new)
    if old.shape != new.shape:
        yield Cause(CauseKind.SHAPE, path, *texts)
    if old.dtype != new.dtype:
        yield Cause(CauseKind.DTYPE, path, *texts)
    if old.is_weak != new.is_weak:
        yield Cause(CauseKind.WEAK_TYPE, path, *texts)
    if not (old.is_committed or new.is_committed):
        return  # JAX moves it to where it computes
    if old.sharding != new.sharding:
        yield Cause(CauseKind.SHARDING, path, *map(_placement, (old, new)))
        return  # one that is spread is committed as well
    if old.devices != new.devices:
        yield Cause(CauseKind.DEVICE, path, old.devices, new.devices)
    if old.is_committed != new.is_committed:
        words = ("committed" if each.is_committed else "uncommitted" for each in (old, new))
        yield Cause(CauseKind.COMMITTED, path, *words)


def _placement(array: Array) -> str:
    return array.sharding or array.devices or "the default device"


def _of_values(path: str, old: Value, new: Value, kind: CauseKind) -> Iterator[Cause]:
    if old.token == new.token:
        return
    if old.code is not None and old.code == new.code:
        yield Cause(CauseKind.NEW_FUNCTION, path, old.text, new.text)
        return
    parts = _of_parts(path, old, new, kind)
    yield from parts or [Cause(kind, path, old.text, new.text)]


def _of_parts(path: str, old: Value, new: Value, kind: CauseKind) -> list[Cause]:
    """Return the parts in which two tuples, or two instances of a class, differ; none otherwise."""
    if [accessor for accessor, _ in old.parts] != [accessor for accessor, _ in new.parts]:
        return []
    pairs = zip(old.parts, new.parts, strict=True)
    return [cause for (at, a), (_, b) in pairs for cause in _of_values(path + at, a, b, kind)]


def _text(value: Value | None) -> str:
    return _NOT_GIVEN if value is None else value.text
