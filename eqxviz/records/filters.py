"""A filter spec written as code, and what it selects of a model."""

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.codec import CodecError, Record, record
from eqxviz.records.problem import Problem


@record
class EvaluateSpec(Record):
    """Run `code`, and say which leaves of an open model the spec that it makes selects.

    `code` is an expression, or statements that assign `filter_spec`. Answered by `SpecMask`, or by
    a `Problem` whose line is one of `code`.
    """

    revision: int
    code: str


@record
class SpecMask(Record):
    """What a filter spec selects: a truth value for each leaf, in the order of `jax.tree.leaves`.

    `library` is the one whose `partition` the model is made for: "equinox" or "eqxcore". `notes`
    are about rules that answered something else than True or False.
    """

    revision: int
    library: str
    selected: NDArray[np.bool_]
    notes: tuple[Problem, ...] = ()

    def check(self) -> None:
        if self.selected.ndim != 1:
            raise CodecError(f"SpecMask.selected is of shape {self.selected.shape}, not a column")
