"""A jaxpr as columns: equations, the values between them, and the groups that fold."""

import enum

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.codec import CodecError, Record, record
from eqxviz.records.columns import Strings, check_ids, check_lengths, check_offsets


class EquationKind(enum.IntEnum):
    """The family of a primitive: it sets a node's hue."""

    MATMUL = 0  # dot_general and convolutions
    ELEMENTWISE = 1
    REDUCE = 2
    MOVE = 3  # reshape, transpose, slice, gather, convert: no arithmetic
    RANDOM = 4
    CONTROL = 5  # scan, while, cond, and calls: jit, custom derivatives, remat
    COLLECTIVE = 6
    CALLBACK = 7
    OTHER = 8


class GroupKind(enum.IntEnum):
    """What made a group."""

    ROOT = 0
    MODULE = 1  # a Module instance: its name is the path, `blocks[1].attention`
    SCOPE = 2  # jax.named_scope
    JAXPR = 3  # the jaxpr nested in an equation: jit, scan body, cond branch, ...


class EquationFlag(enum.IntFlag):
    """Facts about an equation, one bit each."""

    BACKWARD = 1
    EFFECT = 2
    UNKNOWN_COST = 4  # its cost is not known, or only a part of it


class ValueOrigin(enum.IntEnum):
    """Where a value comes from."""

    ARGUMENT = 0
    CONSTANT = 1
    LITERAL = 2
    EQUATION = 3


# Columns with another number of rows than there are groups.
_ROWS = ("group_in_offset", "group_in_value", "group_out_offset", "group_out_value")


@record
class Graph(Record):
    """The jaxpr of one function. Group 0 is the root; every other group has an earlier parent.

    An equation with nested jaxprs owns one JAXPR group per jaxpr (`group_owner`); the group's
    parent is the group of that equation. Inputs and outputs are compressed rows: equation e reads
    `in_value[in_offset[e]:in_offset[e + 1]]` and makes the values
    `out_offset[e] .. out_offset[e + 1] - 1` of `out_value`. The root and JAXPR groups have rows of
    variables in the same way: what their jaxpr takes, constants first, and what it returns.

    The cost of an equation is that of running it once, with all that is nested in it: a scan's
    body times its length, the dearest branch of a cond. The equations whose group is part of no
    jaxpr but the outermost add up to the cost of the function.
    """

    title: str  # "make_step", "MLP.__call__"
    strings: Strings
    group_parent: NDArray[np.int32]
    group_kind: NDArray[np.uint8]
    group_name: NDArray[np.int32]
    group_owner: NDArray[np.int32]  # the equation that holds a JAXPR group, else -1
    group_repeats: NDArray[np.float64]  # a scan's length, a mesh's devices; NaN: unknown
    group_same_as: NDArray[np.int32]  # the first group that does the same on other values, or -1
    group_in_offset: NDArray[np.uint32]
    group_in_value: NDArray[np.int32]
    group_out_offset: NDArray[np.uint32]
    group_out_value: NDArray[np.int32]
    equation_group: NDArray[np.int32]
    equation_primitive: NDArray[np.int32]
    equation_kind: NDArray[np.uint8]
    equation_flags: NDArray[np.uint8]
    equation_source: NDArray[np.int32]
    equation_params: NDArray[np.int32]  # text id: the parameters, "dimension_numbers=..."
    equation_flops: NDArray[np.float64]  # floating point operations; NaN: unknown
    equation_bytes: NDArray[np.float64]  # read and written, if nothing were fused; NaN: unknown
    in_offset: NDArray[np.uint32]
    in_value: NDArray[np.int32]
    out_offset: NDArray[np.uint32]
    out_value: NDArray[np.int32]
    value_producer: NDArray[np.int32]  # equation id, or -1
    value_origin: NDArray[np.uint8]
    value_aval: NDArray[np.int32]  # text id: "f32[8,3]"; a literal's value: "2.0:f32[]"
    value_dtype: NDArray[np.int32]  # text id: "f32"; "" for what is no array
    value_bytes: NDArray[np.float64]  # NaN for what is no array of a known size
    # Text id, or -1: an argument's leaf, "model.layers[0].weight"; a closure's name of a constant.
    value_path: NDArray[np.int32]
    value_outer: NDArray[np.int32]  # the value it is bound to outside its nested jaxpr, or -1
    source_file: NDArray[np.int32]
    source_line: NDArray[np.int32]
    source_function: NDArray[np.int32]
    outputs: NDArray[np.int32]  # the values that the function returns
    output_names: NDArray[np.int32]  # text id of each output: its path in the result, "[0]"
    inputs: str = ""  # what was written for the arguments: "f32[8,3]"; "" for those of a real call

    def check(self) -> None:
        texts, n_values = len(self.strings), len(self.value_producer)
        n_groups, n_equations = len(self.group_parent), len(self.equation_group)
        for prefix in ("group_", "equation_", "value_", "source_"):
            columns = [c for c in type(self).__annotations__ if c.startswith(prefix)]
            columns = [c for c in columns if c not in _ROWS]
            check_lengths({c: len(getattr(self, c)) for c in columns}, f"Graph.{prefix}*")
        if n_groups == 0 or self.group_parent[0] != -1:
            raise CodecError("Graph has no root: group 0 must have parent -1")
        late = self.group_parent[1:] >= np.arange(1, n_groups)
        if np.any(late) or np.any(self.group_parent[1:] < 0):
            raise CodecError("Graph.group_parent must name an earlier group")
        for name, limit in (
            ("group_owner", n_equations),
            ("group_same_as", n_groups),
            ("group_in_value", n_values),
            ("group_out_value", n_values),
            ("equation_group", n_groups),
            ("equation_source", len(self.source_file)),
            ("in_value", n_values),
            ("out_value", n_values),
            ("value_producer", n_equations),
            ("value_outer", n_values),
            ("outputs", n_values),
        ):
            check_ids(getattr(self, name), limit, f"Graph.{name}")
        for name in (
            *("group_name", "equation_primitive", "equation_params", "value_aval"),
            *("value_dtype", "value_path", "source_file", "source_function", "output_names"),
        ):
            check_ids(getattr(self, name), texts, f"Graph.{name}")
        check_offsets(self.in_offset, len(self.in_value), "Graph.in")
        check_offsets(self.out_offset, len(self.out_value), "Graph.out")
        check_offsets(self.group_in_offset, len(self.group_in_value), "Graph.group_in")
        check_offsets(self.group_out_offset, len(self.group_out_value), "Graph.group_out")
        rows = {"in": len(self.in_offset) - 1, "out": len(self.out_offset) - 1}
        check_lengths(rows | {"equations": n_equations}, "Graph rows")
        rows = {"in": len(self.group_in_offset) - 1, "out": len(self.group_out_offset) - 1}
        check_lengths(rows | {"groups": n_groups}, "Graph rows of groups")

    def __len__(self) -> int:
        return len(self.equation_group)

    def __bool__(self) -> bool:
        return True  # a function that returns its argument has a graph, too

    def inputs_of(self, equation: int) -> NDArray[np.int32]:
        """Return the values that `equation` reads, in order."""
        return self.in_value[int(self.in_offset[equation]) : int(self.in_offset[equation + 1])]

    def outputs_of(self, equation: int) -> NDArray[np.int32]:
        """Return the values that `equation` makes, in order."""
        return self.out_value[int(self.out_offset[equation]) : int(self.out_offset[equation + 1])]

    def taken_by(self, group: int) -> NDArray[np.int32]:
        """Return the variables that the jaxpr of `group` takes, its constants first."""
        start, stop = self.group_in_offset[group : group + 2].tolist()
        return self.group_in_value[start:stop]

    def returned_by(self, group: int) -> NDArray[np.int32]:
        """Return what the jaxpr of `group` returns, in order."""
        start, stop = self.group_out_offset[group : group + 2].tolist()
        return self.group_out_value[start:stop]

    def text(self, index: int) -> str:
        """Return the text of an id; "" for -1."""
        return self.strings[int(index)]
