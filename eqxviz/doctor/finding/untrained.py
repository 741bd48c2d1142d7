"""Arrays that are differentiated but never trained, and those that are trained against a mark."""

import enum
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.gradient_flow import Cut
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.finding.training import Training
from eqxviz.doctor.watching.differentiating import Leaf
from eqxviz.doctor.watching.splitting import Split
from eqxviz.records.counterparts import is_copy

_COMPARISONS = frozenset(("eq", "ne", "ge", "gt", "le", "lt", "eq_to", "le_to", "lt_to"))
_ARITHMETIC = frozenset(("add", "sub", "mul", "div", "dot_general", "conv_general_dilated", "max",
                         "min", "square", "integer_pow", "tanh", "exp", "sin", "cos", "logistic",
                         "custom_jvp_call", "polynomial"))  # fmt: skip
_ADDED = frozenset(("add", "sub", "polynomial"))
_MOST_LOOKED_AT = 1 << 16  # elements


class Why(enum.Enum):
    """What is the matter with an array."""

    UNUSED = "unused"
    CUT = "cut"
    LEFT_OUT = "left out"
    DROPPED = "dropped"
    INTEGER = "integer"
    DECAYED = "decayed"
    BUFFER = "buffer"


@dataclass(frozen=True, eq=False)
class Finding:
    """Arrays below one node that share their fate."""

    why: Why
    training: Training
    leaves: list[Leaf]
    names: list[str]  # of each of them: "model.skip.weight"
    depth: int  # of the node, in the keys of each
    cut: Cut | None = None
    factor: float | None = None  # by which they shrank
    split: Split | None = None
    sibling: str = ""  # the name of one that fares otherwise

    @property
    def name(self) -> str:
        """What the user calls the node: "model.skip"."""
        leaf, name = self.leaves[0], self.names[0]
        below = leaf._replace(keys=leaf.keys[self.depth :]).path
        return name[: len(name) - len(below)] if below else name


def findings(evidence: Evidence, all_trainings: Sequence[Training]) -> Iterator[Finding]:
    """Yield what is never trained though it seems meant to be, and the reverse."""
    for training in all_trainings:
        if not training.is_training:
            continue
        others = [each for each in all_trainings if each is not training]
        yield from _not_reached(training, others)
        yield from _decayed(training, others)
        yield from _buffers(training, evidence, others)
        yield from _dropped(training)
        yield from _integers(training, evidence)
        yield from _left_out(training, evidence.splits, others)


def _not_reached(training: Training, others: Sequence[Training]) -> Iterator[Finding]:
    """Yield what the loss does not depend on, or by ways only that have no gradient."""
    fates: dict[int, tuple[Any, ...]] = {}
    for i, leaf in enumerate(training.leaves):
        if training.is_reached(i) or training.is_marked(i) or not math.prod(leaf.shape):
            continue
        if any(_is_state(cls) for cls in leaf.types) or _is_reached_elsewhere(leaf, others):
            continue
        if training.has_changed(i) and training.shrinking(i) is None:
            continue  # it is moved by other means: an average, statistics
        cut = training.flow.cut_of(i)
        if cut is None:
            fates[i] = (Why.UNUSED,)
        elif not _is_meant(training, i, cut):
            fates[i] = (Why.CUT, id(cut.equation))
    for indices, depth in _grouped(training.leaves, fates):
        leaves = [training.leaves[i] for i in indices]
        cut = training.flow.cut_of(indices[0])
        if _is_copy(training, leaves, depth, cut):
            continue
        why = Why.UNUSED if cut is None else Why.CUT
        names = [training.names[i] for i in indices]
        factors = [training.shrinking(i) for i in indices]
        factor = next((each for each in factors if each is not None), None)
        yield Finding(why, training, leaves, names, depth, cut, factor)


def _is_state(cls: type) -> bool:
    """Whether it holds the initial state of a stateful layer, which the layer does not use."""
    return cls.__name__ == "StateIndex" and cls.__module__.startswith(("equinox", "eqxcore"))


def _is_reached_elsewhere(leaf: Leaf, others: Sequence[Training]) -> bool:
    """Whether the gradient of another function reaches an array at such a place."""
    for other in others:
        for i, theirs in enumerate(other.leaves):
            a, b = leaf.path, theirs.path
            is_like = leaf.shape == theirs.shape and (a.endswith(b) or b.endswith(a))
            if is_like and other.is_reached(i):
                return True
    return False


def _is_meant(training: Training, index: int, cut: Cut) -> bool:
    """Whether an array that is only compared is a mask, or a grid of values."""
    value = training.first[index]
    name = cut.equation.primitive.name
    if name not in _COMPARISONS or not isinstance(value, (jax.Array, np.ndarray)):
        return False
    flat = _flat(value)
    return len(flat) > 2 and (_is_mask(flat) or _is_monotonic(flat))


def _is_copy(training: Training, leaves: list[Leaf], depth: int, cut: Cut | None) -> bool:
    """Whether they are a copy of what is trained, such as a target network: by name or by form."""
    is_stopped = cut is not None and cut.equation.primitive.name == "stop_gradient"
    if (cut is not None and not is_stopped) or depth == 0:
        return False
    if is_copy(leaves[0]._replace(keys=leaves[0].keys[:depth]).path):
        return True
    if not is_stopped or len(leaves) < 2:
        return False
    return any(
        all(training.is_reached(i) for i in indices)
        for indices in _twins(training.leaves, leaves, depth)
    )


def _twins(all_of: Sequence[Leaf], leaves: list[Leaf], depth: int) -> Iterator[list[int]]:
    """Yield the arrays below each other node that has the same ones as are below one."""
    form = {(_below(leaf, depth), leaf.shape) for leaf in leaves}
    own = _above(leaves[0], depth)
    by_node: dict[str, list[int]] = {}
    for i, leaf in enumerate(all_of):
        for k in range(1, len(leaf.keys)):
            by_node.setdefault(_above(leaf, k), []).append(i)
    for node, indices in by_node.items():
        if node != own and len(indices) == len(leaves):
            k = next(k for k in range(len(all_of[indices[0]].keys) + 1)
                     if _above(all_of[indices[0]], k) == node)  # fmt: skip
            if {(_below(all_of[i], k), all_of[i].shape) for i in indices} == form:
                yield indices


def _above(leaf: Leaf, depth: int) -> str:
    return leaf._replace(keys=leaf.keys[:depth]).path


def _below(leaf: Leaf, depth: int) -> str:
    return leaf._replace(keys=leaf.keys[depth:]).path


def _grouped(
    leaves: Sequence[Leaf], fates: dict[int, tuple[Any, ...]]
) -> Iterator[tuple[list[int], int]]:
    """Yield the leaves of one fate below each topmost node that has no others, and its depth."""
    if not fates:
        return
    n_all: Counter[str] = Counter()
    n_fated: Counter[tuple[str, tuple[Any, ...]]] = Counter()
    for i, leaf in enumerate(leaves):
        for depth in range(len(leaf.keys) + 1):
            node = _above(leaf, depth)
            n_all[node] += 1
            if i in fates:
                n_fated[node, fates[i]] += 1
    groups: dict[tuple[str, tuple[Any, ...]], tuple[list[int], int]] = {}
    for i, fate in fates.items():
        leaf = leaves[i]
        depth = next(
            depth
            for depth in range(len(leaf.keys) + 1)
            if n_fated[_above(leaf, depth), fate] == n_all[_above(leaf, depth)]
        )
        groups.setdefault((_above(leaf, depth), fate), ([], depth))[0].append(i)
    yield from groups.values()


def _is_buffer(training: Training, index: int, others: Sequence[Training]) -> bool:
    """Whether an array is marked as no parameter, and nowhere trained as one."""
    if not training.is_marked(index) or training.is_reached(index):
        return False
    return not _is_reached_elsewhere(training.leaves[index], others)


def _decayed(training: Training, others: Sequence[Training]) -> Iterator[Finding]:
    """Yield what is marked as no parameter, and shrinks all the same."""
    for i, leaf in enumerate(training.leaves):
        if _is_buffer(training, i, others) and training.has_changed(i):
            factor = training.shrinking(i)
            if factor is not None:
                name = training.names[i]
                yield Finding(Why.DECAYED, training, [leaf], [name], len(leaf.keys), factor=factor)


def _buffers(
    training: Training, evidence: Evidence, others: Sequence[Training]
) -> Iterator[Finding]:
    """Yield what is trained although it was computed as a neighbour was that is marked."""
    n_leaves = len(training.leaves)
    marked = [i for i in range(n_leaves) if _is_buffer(training, i, others)]
    if not marked:
        return
    made_by: _Makers | None = None
    for i, leaf in enumerate(training.leaves):
        if not leaf.keys or not training.is_reached(i) or training.is_marked(i):
            continue
        around = [j for j in marked if _above(training.leaves[j], -1) == _above(leaf, -1)]
        if not around or not training.has_changed(i) or not _is_varied(training.first[i]):
            continue
        made_by = made_by or _Makers(evidence)
        own = training.names[i], training.first[i]
        for j in around:
            theirs = training.names[j], training.first[j]
            is_like = leaf.shape == training.leaves[j].shape
            if made_by.are_alike(own, theirs, is_like=is_like):
                yield Finding(
                    Why.BUFFER, training, [leaf], [own[0]], len(leaf.keys), sibling=theirs[0]
                )
                break


class _Makers:
    """Of what arrays were computed, by operations outside of jit."""

    def __init__(self, evidence: Evidence) -> None:
        self._by_output: dict[int, Any] = {}
        for operation in evidence.operations:
            for output in operation.outputs:
                self._by_output.setdefault(id(output), operation)
        self._objects = {
            seen.tree.path(node): seen.nodes.object_at(node)
            for seen in evidence.trees
            for node in range(len(seen.tree))
            if int(seen.tree.leaf[node]) >= 0
        }

    def are_alike(self, a: tuple[str, Any], b: tuple[str, Any], *, is_like: bool) -> bool:
        """Whether the array `a` was computed as `b` was, which is a buffer; both with their names.

        Either of the same data, or of NumPy's, where they are of one shape (`is_like`); or of
        nothing, as a mask is and a table of sines.
        """
        first, second = self._origin(*a), self._origin(*b)
        if first is None or second is None:
            return False
        if is_like and first.arrays & second.arrays:
            return True
        if first.is_random or second.is_random or first.is_numpy is not second.is_numpy:
            return False
        return is_like if first.is_numpy else first.is_wave or _is_mask(_flat(a[1]))

    def _origin(self, name: str, array: Any) -> "_Origin | None":
        """Return what an array was computed of; None where it was written down, or is not known."""
        array = self._objects.get(name, array)
        if id(array) not in self._by_output:
            return None
        waiting, found = [array], {id(array)}
        is_random = is_numpy = is_wave = False
        while waiting:
            each = waiting.pop()
            operation = self._by_output.get(id(each))
            if operation is None:
                continue
            is_random = is_random or _is_random(operation)
            is_wave = is_wave or not {"sin", "cos"}.isdisjoint(_names_of(operation))
            for value in operation.inputs:
                if math.prod(getattr(value, "shape", None) or ()) < 2 or _is_key(value):
                    continue
                if isinstance(value, (jax.Array, jax.ShapeDtypeStruct)):
                    if id(value) not in found:
                        found.add(id(value))
                        waiting.append(value)
                elif operation.primitive.name != "convert_element_type":
                    is_numpy = True
                elif each is array:
                    return None
        return _Origin(found - {id(array)}, is_random, is_numpy, is_wave)


class _Origin(NamedTuple):
    """What an array was computed of."""

    arrays: set[int]  # by their ids
    is_random: bool
    is_numpy: bool
    is_wave: bool  # sines or cosines


def _names_of(operation: Any) -> set[str]:
    return {operation.primitive.name, str(operation.params.get("name", ""))}


def _is_random(operation: Any) -> bool:
    is_sampler = operation.primitive.name.startswith(("random_", "threefry", "rng_"))
    return is_sampler or any(map(_is_key, operation.inputs))


def _is_key(value: Any) -> bool:
    dtype = getattr(value, "dtype", None)
    if dtype is None or not compat.is_key_dtype(dtype):
        return dtype == np.uint32 and tuple(value.shape)[-1:] == (2,)
    return True


def _dropped(training: Training) -> Iterator[Finding]:
    """Yield what has a gradient that the step makes nothing of, unlike that of its likes."""
    if len(training.kept) == len(training.leaves):
        return
    trained = [leaf for i, leaf in enumerate(training.leaves)
               if i not in training.kept and training.is_reached(i)]  # fmt: skip
    kept = [i for i in training.kept if training.is_reached(i) and not training.has_changed(i)]
    left = [training.leaves[i] for i in sorted(kept)]
    for leaf, sibling in _forgotten(trained, left):
        name = training.names[training.leaves.index(leaf)]
        yield Finding(
            Why.DROPPED, training, [leaf], [name], len(leaf.keys), sibling=training.root + sibling
        )


def _left_out(
    training: Training, splits: Sequence[Split], others: Sequence[Training]
) -> Iterator[Finding]:
    """Yield what a filter spec leaves out, unlike its likes."""
    paths = frozenset(leaf.path for leaf in training.leaves)
    split = next((each for each in splits if each.paths == paths), None)
    if split is None:
        return
    trained = [leaf for i, leaf in enumerate(training.leaves) if training.is_reached(i)]
    left = [leaf for leaf in split.left if not _is_reached_elsewhere(leaf, others)]
    root = training.root
    for leaf, sibling in _forgotten(trained, left):
        yield Finding(
            Why.LEFT_OUT, training, [leaf], [root + leaf.path], len(leaf.keys), split=split,
            sibling=root + sibling,
        )  # fmt: skip


def _forgotten(trained: Sequence[Leaf], left: Sequence[Leaf]) -> Iterator[tuple[Leaf, str]]:
    """Yield those of `left` whose owner has others that are trained, as its like has this one.

    What is left out of all owners of a class, or with all that its owner has, is so on purpose.
    """
    owners = {_above(leaf, -1) for leaf in trained}
    kinds: dict[tuple[Any, str], list[Leaf]] = {}
    for leaf in trained:
        if leaf.keys:
            kinds.setdefault(_kind(leaf), []).append(leaf)
    out = Counter(_kind(leaf) for leaf in left if leaf.keys)
    for leaf in left:
        if not leaf.keys or _above(leaf, -1) not in owners:
            continue
        like = kinds.get(_kind(leaf), [])
        if len(like) >= max(1, out[_kind(leaf)]):
            yield leaf, like[0].path


def _kind(leaf: Leaf) -> tuple[Any, str]:
    return leaf.types[-1], _below(leaf, len(leaf.keys) - 1)


def _integers(training: Training, evidence: Evidence) -> Iterator[Finding]:
    """Yield integer arrays of the model that are computed with as its parameters are."""
    holes = [hole for hole in training.of.holes if hole.keys]
    names = training.names[len(training.leaves) :]
    for i, (var, name) in enumerate(zip(training.of.jaxpr.constvars, names, strict=True)):
        dtype = getattr(var.aval, "dtype", None)
        if not holes or dtype is None or compat.is_key_dtype(dtype):
            continue
        if not np.issubdtype(dtype, np.signedinteger) or np.dtype(dtype).itemsize < 4:
            continue
        fields = set() if name else _fields_with(training.constants[i][0], evidence)
        hole = next((h for h in holes if _is_at(h, name, fields)), None)
        if hole is None:
            continue
        name = name or training.root + hole.path
        leaf = hole._replace(shape=tuple(var.aval.shape), dtype=dtype)
        if _is_like_parameter(training, leaf, i):
            yield Finding(Why.INTEGER, training, [leaf], [name], len(leaf.keys))


def _fields_with(array: Any, evidence: Evidence) -> set[tuple[type, str]]:
    """Return the classes of Modules that were made with an array, and their fields that hold it."""
    return {
        (type(module), f".{name}")
        for module, _ in evidence.makings
        for name, value in vars(module).items()
        if value is array
    }


def _is_at(hole: Leaf, name: str, fields: set[tuple[type, str]]) -> bool:
    return name.endswith(hole.path) if name else _kind(hole) in fields


def _is_like_parameter(training: Training, leaf: Leaf, constant: int) -> bool:
    n_leaves = len(training.leaves)
    uses = training.flow.uses[n_leaves + constant]
    if not uses or not uses <= _ARITHMETIC:
        return False
    before, after = training.constants[constant]
    if not isinstance(before, (jax.Array, np.ndarray)):
        return False
    values = _flat(before)
    if isinstance(after, (jax.Array, np.ndarray)) and not np.array_equal(values, _flat(after)):
        return False  # a counter
    if len(values) > 2 and _is_monotonic(values):
        return False  # positions, degrees, edges
    if not _is_varied(before):
        return bool(values.size) and int(values[0]) in (0, 1)
    if set(np.unique(values).tolist()) == {0, 1}:
        return bool(uses & _ADDED)
    around = [each for each in training.leaves if _above(each, -1) == _above(leaf, -1)]
    return any(each.shape == leaf.shape for each in around)


def _flat(array: Any) -> np.ndarray:
    return np.asarray(array).reshape(-1)[:_MOST_LOOKED_AT]


def _is_varied(array: Any) -> bool:
    if not isinstance(array, (jax.Array, np.ndarray)):
        return False
    flat = _flat(array)
    return flat.size > 1 and bool(np.any(flat != flat[0]))


def _is_mask(flat: np.ndarray) -> bool:
    return bool(np.all((flat == 0) | (flat == 1)))


def _is_monotonic(flat: np.ndarray) -> bool:
    steps = np.diff(flat.astype(np.float64))
    return bool(np.all(steps > 0) or np.all(steps < 0))
