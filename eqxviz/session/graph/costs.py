"""What the equations and groups of a graph cost, and their shares of the whole."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import EquationFlag, Graph, GroupKind

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GraphCosts:
    """Costs in floating point operations and bytes; NaN where nothing of them is known.

    `flops` and `n_bytes` are of one run, all that is nested included; `times` says how often an
    equation or a group runs in one call of the function. What runs an unknown number of times
    counts once. `n_unknown` counts the equations in a group whose cost is not known, or only
    partly.
    """

    equation_flops: Floats
    equation_bytes: Floats
    equation_times: Floats
    group_flops: Floats
    group_bytes: Floats
    group_times: Floats
    group_unknown: NDArray[np.int64]
    is_call: NDArray[np.bool_]  # of each equation: others are nested in it

    @property
    def flops(self) -> float:
        """The floating point operations of one call of the function."""
        return float(self.group_flops[0])

    @property
    def n_bytes(self) -> float:
        """The bytes that one call reads and writes if nothing is fused."""
        return float(self.group_bytes[0])

    def equation_shares(self) -> Floats:
        """Return the part of all operations that each equation is, from 0 to 1; NaN: unknown."""
        return _shares(self.equation_flops * self.equation_times, self.flops)

    def group_shares(self) -> Floats:
        """Return the part of all operations that each group is, from 0 to 1."""
        return _shares(self.group_flops * self.group_times, self.flops)

    def share_of(self, equations: NDArray[np.bool_]) -> float:
        """Return the part of all operations that a set of equations is, from 0 to 1.

        A call that is in the set counts as what is nested in it and in the set.
        """
        known = self.equation_shares()[equations & ~self.is_call]
        return float(np.nansum(known)) if len(known) else 0.0


def graph_costs(graph: Graph) -> GraphCosts:
    """Return the costs of `graph`, of its equations and of its groups."""
    n_groups, n_equations = len(graph.group_parent), len(graph)
    nested: list[bool] = (graph.group_kind == GroupKind.JAXPR).tolist()
    parents: list[int] = graph.group_parent.tolist()
    repeats: list[float] = graph.group_repeats.tolist()
    times = [1.0] * n_groups
    for group in range(1, n_groups):
        times[group] = times[parents[group]]
        if nested[group] and math.isfinite(repeats[group]):
            times[group] *= repeats[group]
    group_times = np.array(times)
    unknown = (graph.equation_flags & EquationFlag.UNKNOWN_COST) != 0
    unknown |= np.isnan(graph.equation_flops)
    is_call = np.zeros(n_equations, np.bool_)
    is_call[graph.group_owner[graph.group_owner >= 0]] = True

    def summed(of_equation: NDArray[np.generic], through_calls: bool = False) -> list[float]:
        weights = np.nan_to_num(of_equation.astype(np.float64))
        sums: list[float] = np.bincount(
            graph.equation_group, weights=weights, minlength=n_groups
        ).tolist()
        for group in range(n_groups - 1, 0, -1):
            # The equation that owns a jaxpr has counted what is nested in it already.
            if through_calls or not nested[group]:
                sums[parents[group]] += sums[group]
        return sums

    return GraphCosts(
        equation_flops=graph.equation_flops,
        equation_bytes=graph.equation_bytes,
        equation_times=group_times[graph.equation_group],
        group_flops=np.array(summed(graph.equation_flops)),
        group_bytes=np.array(summed(graph.equation_bytes)),
        group_times=group_times,
        group_unknown=np.array(summed(unknown & ~is_call, through_calls=True)).astype(np.int64),
        is_call=is_call,
    )


def _shares(costs: Floats, total: float) -> Floats:
    if total > 0:
        return costs / total
    return np.where(np.isnan(costs), np.nan, 0.0)
