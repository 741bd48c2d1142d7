"""Which leaves of a function's argument are differentiated."""

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.codec import CodecError, Record, record
from eqxviz.records.model_tree import ModelTree


@record
class GradientSeen(Record):
    """A function was differentiated in the run, with respect to leaves of its `argument`.

    The argument's name is that of the tree: "model". Parts that were held back are None in it.
    """

    id: int
    name: str  # the function: "loss_fn"
    file: str
    line: int
    argument: ModelTree
    is_differentiated: NDArray[np.bool_]  # by node of `argument`; False for what is no leaf

    def check(self) -> None:
        if self.is_differentiated.shape != (len(self.argument),):
            raise CodecError(
                f"GradientSeen says of {self.is_differentiated.shape} nodes whether they are "
                f"differentiated; its argument has {len(self.argument)}"
            )
