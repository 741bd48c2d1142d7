"""The rows of a graph while a jaxpr is read, and the record that they become."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.cost import Costs
from eqxviz.records import EquationFlag, EquationKind, Graph, GroupKind, Interner, ValueOrigin


class GroupRows:
    """The groups met so far, a list for each column."""

    def __init__(self) -> None:
        self.parent: list[int] = []
        self.kind: list[int] = []
        self.name: list[int] = []
        self.owner: list[int] = []
        self.repeats: list[float] = []
        self.takes: dict[int, list[int]] = {}  # by group: the variables of its jaxpr
        self.returns: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return len(self.parent)

    def add(
        self, parent: int, kind: GroupKind, name: int, owner: int = -1, repeats: float = 1.0
    ) -> int:
        """Append a group and return its number."""
        self.parent.append(parent)
        self.kind.append(kind)
        self.name.append(name)
        self.owner.append(owner)
        self.repeats.append(repeats)
        return len(self.parent) - 1


class EquationRows:
    """The equations met so far, a list for each column."""

    def __init__(self) -> None:
        self.group: list[int] = []
        self.primitive: list[int] = []
        self.kind: list[int] = []
        self.flags: list[int] = []
        self.source: list[int] = []
        self.params: list[int] = []
        self.flops: list[float] = []
        self.n_bytes: list[float] = []
        self.in_value: list[int] = []
        self.in_offset: list[int] = [0]
        self.out_value: list[int] = []
        self.out_offset: list[int] = [0]

    def __len__(self) -> int:
        return len(self.group)

    def add(
        self, group: int, primitive: int, kind: EquationKind, flags: int, source: int, params: int
    ) -> None:
        """Append an equation; what it reads, makes and costs comes after."""
        self.group.append(group)
        self.primitive.append(primitive)
        self.kind.append(kind)
        self.flags.append(flags)
        self.source.append(source)
        self.params.append(params)

    def connect(self, inputs: Sequence[int], outputs: Sequence[int]) -> None:
        """Say what the last equation reads and makes."""
        self.in_value.extend(inputs)
        self.in_offset.append(len(self.in_value))
        self.out_value.extend(outputs)
        self.out_offset.append(len(self.out_value))


class ValueRows:
    """The values met so far, a list for each column."""

    def __init__(self, strings: Interner) -> None:
        self.producer: list[int] = []
        self.origin: list[int] = []
        self.aval: list[int] = []
        self.dtype: list[int] = []
        self.n_bytes: list[float] = []
        self.path: list[int] = []
        self.outer: list[int] = []
        self._strings = strings
        self._types: dict[Any, tuple[int, int, float]] = {}

    def add(
        self, aval: Any, origin: ValueOrigin, *, path: int = -1, outer: int = -1, producer: int = -1
    ) -> int:
        """Append a value of the type `aval` and return its number."""
        known = self._types.get(aval)
        if known is None:
            dtype, n_bytes = compat.extent_of(aval)
            known = (self._strings(compat.aval_text(aval)), self._strings(dtype), n_bytes)
            self._types[aval] = known
        return self._append(producer, origin, *known, path, outer)

    def add_literal(self, text: str, aval: Any) -> int:
        """Append a constant that is written into the jaxpr as `text`."""
        dtype, n_bytes = compat.extent_of(aval)
        shown = self._strings(f"{text}:{compat.aval_text(aval)}")
        literal = ValueOrigin.LITERAL
        return self._append(-1, literal, shown, self._strings(dtype), n_bytes, -1, -1)

    def add_copy(self, value: int) -> int:
        """Append `value` a second time."""
        return self._append(
            self.producer[value], self.origin[value], self.aval[value], self.dtype[value],
            self.n_bytes[value], self.path[value], self.outer[value],
        )  # fmt: skip

    def _append(
        self,
        producer: int,
        origin: int,
        aval: int,
        dtype: int,
        n_bytes: float,
        path: int,
        outer: int,
    ) -> int:
        self.producer.append(producer)
        self.origin.append(origin)
        self.aval.append(aval)
        self.dtype.append(dtype)
        self.n_bytes.append(n_bytes)
        self.path.append(path)
        self.outer.append(outer)
        return len(self.producer) - 1


def graph_record(
    title: str,
    strings: Interner,
    groups: GroupRows,
    equations: EquationRows,
    values: ValueRows,
    sources: Sequence[tuple[int, int, int]],
    costs: Costs,
    outputs: Sequence[int],
    output_names: Sequence[int],
) -> Graph:
    """Return the rows as a record."""
    n_groups = len(groups)
    takes, returns = (
        [rows.get(group, []) for group in range(n_groups)]
        for rows in (groups.takes, groups.returns)
    )
    places = np.array(sources, np.int32).reshape(-1, 3)
    return Graph(
        title=title,
        strings=strings.strings(),
        group_parent=np.array(groups.parent, np.int32),
        group_kind=np.array(groups.kind, np.uint8),
        group_name=np.array(groups.name, np.int32),
        group_owner=np.array(groups.owner, np.int32),
        group_repeats=np.array(groups.repeats, np.float64),
        group_same_as=np.full(n_groups, -1, np.int32),
        group_in_offset=_offsets(takes),
        group_in_value=_joined(takes),
        group_out_offset=_offsets(returns),
        group_out_value=_joined(returns),
        equation_group=np.array(equations.group, np.int32),
        equation_primitive=np.array(equations.primitive, np.int32),
        equation_kind=np.array(equations.kind, np.uint8),
        equation_flags=np.array(equations.flags, np.uint8)
        | np.where(costs.unknown, EquationFlag.UNKNOWN_COST, 0).astype(np.uint8),
        equation_source=np.array(equations.source, np.int32),
        equation_params=np.array(equations.params, np.int32),
        equation_flops=costs.flops,
        equation_bytes=costs.bytes,
        in_offset=np.array(equations.in_offset, np.uint32),
        in_value=np.array(equations.in_value, np.int32),
        out_offset=np.array(equations.out_offset, np.uint32),
        out_value=np.array(equations.out_value, np.int32),
        value_producer=np.array(values.producer, np.int32),
        value_origin=np.array(values.origin, np.uint8),
        value_aval=np.array(values.aval, np.int32),
        value_dtype=np.array(values.dtype, np.int32),
        value_bytes=np.array(values.n_bytes, np.float64),
        value_path=np.array(values.path, np.int32),
        value_outer=np.array(values.outer, np.int32),
        source_file=places[:, 0],
        source_line=places[:, 1],
        source_function=places[:, 2],
        outputs=np.array(outputs, np.int32),
        output_names=np.array(output_names, np.int32),
    )


def _offsets(rows: Sequence[Sequence[int]]) -> np.ndarray[Any, np.dtype[np.uint32]]:
    return np.cumsum([0, *map(len, rows)]).astype(np.uint32)


def _joined(rows: Sequence[Sequence[int]]) -> np.ndarray[Any, np.dtype[np.int32]]:
    return np.array([value for row in rows for value in row], np.int32)
