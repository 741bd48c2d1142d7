"""Small graphs made by hand, for tests that need no JAX."""

import math
from collections.abc import Sequence

import numpy as np

from eqxviz.records.columns import Interner
from eqxviz.records.graph import EquationKind, Graph, GroupKind, ValueOrigin


class GraphMaker:
    """Collects groups, values and equations, and makes the `Graph` of them."""

    def __init__(self, title: str = "f") -> None:
        self.title = title
        self.text = Interner()
        self.groups: list[tuple[int, int, int, int, float]] = []
        self.equations: list[tuple[int, int, int, int, int, int]] = []
        self.costs: list[tuple[float, float]] = []
        self.same_as: dict[int, int] = {}
        self.variables: dict[int, tuple[Sequence[int], Sequence[int]]] = {}
        self.reads: list[list[int]] = []
        self.makes: list[list[int]] = []
        self.values: list[list[int]] = []
        self.sources: list[tuple[int, int, int]] = []
        self.outputs: list[tuple[int, int]] = []
        self.group(-1, GroupKind.ROOT, "")

    def group(
        self, parent: int, kind: GroupKind, name: str, owner: int = -1, repeats: float = 1.0
    ) -> int:
        self.groups.append((parent, kind, self.text(name), owner, repeats))
        return len(self.groups) - 1

    def value(
        self, origin: ValueOrigin, aval: str = "f32[]", path: str = "", outer: int = -1
    ) -> int:
        path_id = self.text(path) if path else -1
        self.values.append([-1, origin, self.text(aval), path_id, outer])
        return len(self.values) - 1

    def argument(self, path: str, aval: str = "f32[2]") -> int:
        return self.value(ValueOrigin.ARGUMENT, aval, path)

    def inner(self, outer: int) -> int:
        """A variable of a nested jaxpr that is bound to `outer`."""
        made = self.value(ValueOrigin.ARGUMENT, outer=outer)
        self.values[made][2] = self.values[outer][2]
        return made

    def equation(
        self,
        primitive: str,
        reads: Sequence[int],
        *,
        group: int = 0,
        avals: Sequence[str] = ("f32[2]",),
        kind: EquationKind = EquationKind.ELEMENTWISE,
        source: tuple[str, int, str] | None = None,
        flags: int = 0,
        params: str = "",
        flops: float = math.nan,
        n_bytes: float = math.nan,
    ) -> int:
        number = len(self.equations)
        self.costs.append((flops, n_bytes))
        source_id = -1
        if source:
            row = (self.text(source[0]), source[1], self.text(source[2]))
            if row not in self.sources:
                self.sources.append(row)
            source_id = self.sources.index(row)
        self.equations.append(
            (group, self.text(primitive), kind, flags, source_id, self.text(params))
        )
        self.reads.append(list(reads))
        self.makes.append([])
        for aval in avals:
            made = self.value(ValueOrigin.EQUATION, aval)
            self.values[made][0] = number
            self.makes[-1].append(made)
        return number

    def made(self, equation: int, nth: int = 0) -> int:
        return self.makes[equation][nth]

    def jaxpr(self, group: int, takes: Sequence[int], returns: Sequence[int]) -> None:
        """Say what the jaxpr of `group` takes and returns."""
        self.variables[group] = takes, returns

    def bind(self, inner: int, outer: int) -> None:
        """Let the inner value `inner` be what the outer value `outer` is made of."""
        self.values[inner][4] = outer

    def output(self, value: int, name: str = "") -> None:
        self.outputs.append((value, self.text(name)))

    def graph(self) -> Graph:
        groups = np.array(self.groups, np.float64).reshape(-1, 5)
        equations = np.array(self.equations, np.int64).reshape(-1, 6)
        values = np.array(self.values, np.int64).reshape(-1, 5)
        sources = np.array(self.sources, np.int32).reshape(-1, 3)
        outputs = np.array(self.outputs, np.int32).reshape(-1, 2)
        costs = np.array(self.costs, np.float64).reshape(-1, 2)
        texts = self.text.strings()
        avals = [parsed_aval(texts[int(aval)]) for aval in values[:, 2]]
        dtypes = np.array([self.text(dtype) for dtype, _ in avals], np.int32)
        same_as = [self.same_as.get(group, -1) for group in range(len(groups))]
        variables = [self.variables.get(group, ((), ())) for group in range(len(groups))]
        takes, returns = ([list(v[i]) for v in variables] for i in (0, 1))
        made = Graph(
            title=self.title,
            strings=self.text.strings(),
            group_parent=groups[:, 0].astype(np.int32),
            group_kind=groups[:, 1].astype(np.uint8),
            group_name=groups[:, 2].astype(np.int32),
            group_owner=groups[:, 3].astype(np.int32),
            group_repeats=groups[:, 4],
            group_same_as=np.array(same_as, np.int32),
            group_in_offset=_offsets(takes),
            group_in_value=np.array([v for row in takes for v in row], np.int32),
            group_out_offset=_offsets(returns),
            group_out_value=np.array([v for row in returns for v in row], np.int32),
            equation_group=equations[:, 0].astype(np.int32),
            equation_primitive=equations[:, 1].astype(np.int32),
            equation_kind=equations[:, 2].astype(np.uint8),
            equation_flags=equations[:, 3].astype(np.uint8),
            equation_source=equations[:, 4].astype(np.int32),
            equation_params=equations[:, 5].astype(np.int32),
            equation_flops=costs[:, 0],
            equation_bytes=costs[:, 1],
            in_offset=_offsets(self.reads),
            in_value=np.array([v for row in self.reads for v in row], np.int32),
            out_offset=_offsets(self.makes),
            out_value=np.array([v for row in self.makes for v in row], np.int32),
            value_producer=values[:, 0].astype(np.int32),
            value_origin=values[:, 1].astype(np.uint8),
            value_aval=values[:, 2].astype(np.int32),
            value_dtype=dtypes,
            value_bytes=np.array([n_bytes for _, n_bytes in avals]),
            value_path=values[:, 3].astype(np.int32),
            value_outer=values[:, 4].astype(np.int32),
            source_file=sources[:, 0],
            source_line=sources[:, 1],
            source_function=sources[:, 2],
            outputs=outputs[:, 0],
            output_names=outputs[:, 1],
        )
        made.check()
        return made


def parsed_aval(text: str) -> tuple[str, float]:
    """Return dtype and size of "f32[8,3]", in bytes."""
    dtype, _, dims = text.rpartition(":")[2].partition("[")
    shape = [int(n) for n in dims.rstrip("]").split(",") if n]
    bits = int("".join(c for c in dtype if c.isdigit()) or 8)
    return dtype, math.prod(shape) * bits / 8


def _offsets(rows: list[list[int]]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.uint32)


def mlp() -> Graph:
    """Two linear layers, each a module with a matmul and a bias, and a nested jit between."""
    made = GraphMaker("MLP.__call__")
    x = made.argument("x", "f32[2]")
    flow = x
    for layer, width in enumerate((8, 1)):
        module = made.group(0, GroupKind.MODULE, f"layers[{layer}]")
        weight = made.argument(f"model.layers[{layer}].weight", f"f32[{width},2]")
        bias = made.argument(f"model.layers[{layer}].bias", f"f32[{width}]")
        where = {"group": module, "avals": [f"f32[{width}]"]}
        product = made.equation(
            "dot_general",
            [weight, flow],
            kind=EquationKind.MATMUL,
            source=("/home/me/model.py", 14, "MLP.__call__"),
            params="dimension_numbers=(([1], [0]), ([], []))",
            **where,
        )
        total = made.equation(
            "add",
            [made.made(product), bias],
            source=("/home/me/model.py", 15, "MLP.__call__"),
            **where,
        )
        flow = made.made(total)
        if layer == 0:
            call = made.equation("jit", [flow], kind=EquationKind.CONTROL, avals=["f32[8]"])
            body = made.group(0, GroupKind.JAXPR, "relu", owner=call)
            zero = made.value(ValueOrigin.LITERAL, "0.0:f32[]")
            inside = made.equation("max", [made.inner(flow), zero], group=body, avals=["f32[8]"])
            made.bind(made.made(inside), made.made(call))
            flow = made.made(call)
    made.output(flow, "")
    return made.graph()
