"""How the leaves of a model change while it is trained: norms and histograms over time."""

import enum
import math

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.codec import CodecError, Record, record
from eqxviz.records.columns import check_lengths
from eqxviz.records.model_tree import ModelTree

# Of the magnitudes of a leaf's elements: zeros, then one bin an octave, then what is not finite.
N_BINS = 64
LEAST_EXPONENT = -40  # bin 1 holds all below 2 ** (LEAST_EXPONENT + 1) that is not zero


class Quantity(enum.StrEnum):
    """What is measured of a leaf."""

    PARAMETER = "parameter"  # after the call
    GRADIENT = "gradient"
    UPDATE = "update"  # what the call added


@record
class WatchDynamics(Record):
    """Measure the model of the step function, or stop that. Answered by `Done`.

    Each `every`-th call is measured at first, and half as many whenever 2,000 were; fewer where
    that would take more than `most_share` of the time. `DynamicsState` says what comes of it.
    """

    is_on: bool
    every: int = 10
    histograms_every: int = 10  # samples; 0: never
    most_share: float = 0.03


@record
class DynamicsState(Record):
    """An event, of which the newest counts: whether the model is measured, and at which cost."""

    is_on: bool
    every: int = 10
    leaves: int = -1  # DynamicsLeaves.id of what is measured; -1: not known yet
    share: float = math.nan  # of the time that goes into it, in the thread that makes the calls
    why_not: str = ""  # why the model is not known


@record
class DynamicsLeaves(Record):
    """The leaves that are measured from now on: `nodes` of the tree `argument`, in this order."""

    id: int
    function: int  # FunctionSeen.id of the step function
    argument: ModelTree  # named as the function's parameter
    nodes: NDArray[np.int32]
    has_gradient: NDArray[np.bool_]  # the call returns a gradient for it

    def check(self) -> None:
        check_lengths({c: len(getattr(self, c)) for c in ("nodes", "has_gradient")}, "leaves")
        nodes = self.nodes
        if len(nodes) and (int(nodes.min()) < 0 or int(nodes.max()) >= len(self.argument)):
            raise CodecError("DynamicsLeaves.nodes names nodes that its argument has not")


@record
class DynamicsBatch(Record):
    """Norms (Euclidean) of all leaves of some calls: rows are samples, columns leaves.

    NaN where a leaf holds NaN. Where no leaf has a gradient, `gradient` has no columns; where some
    have none, theirs is -1.
    """

    leaves: int  # DynamicsLeaves.id
    step: NDArray[np.int64]  # calls of the step function until then
    seconds: NDArray[np.float64]
    parameter: NDArray[np.float32]
    update: NDArray[np.float32]
    gradient: NDArray[np.float32]

    def check(self) -> None:
        columns = ("step", "seconds", "parameter", "update", "gradient")
        check_lengths({c: len(getattr(self, c)) for c in columns}, "DynamicsBatch")
        if self.parameter.ndim != 2 or self.update.shape != self.parameter.shape:
            raise CodecError("DynamicsBatch has other columns of parameters than of updates")
        if self.gradient.ndim != 2 or self.gradient.shape[1] not in (0, self.parameter.shape[1]):
            raise CodecError("DynamicsBatch has other columns of gradients than of parameters")


@record
class DynamicsHistogram(Record):
    """How the magnitudes of each leaf's elements were spread at one step.

    Row i counts elements of leaf i: in bin 0 zeros, in bin b those from 2 ** (LEAST_EXPONENT + b -
    1) to twice that, in the last one NaN and infinities; what lies beyond is in bins 1 and 62. Of a
    large leaf, elements at even distances are counted.
    """

    leaves: int  # DynamicsLeaves.id
    step: int
    quantity: Quantity
    counts: NDArray[np.uint16]

    def check(self) -> None:
        if self.counts.ndim != 2 or self.counts.shape[1] != N_BINS:
            raise CodecError(f"DynamicsHistogram.counts is {self.counts.shape}; rows of {N_BINS}")


@record
class ReplayGradients(Record):
    """Compute the gradients that the kept call took of its model, by tracing it once more.

    Answered by `ReplayedGradients`.
    """

    function: int  # FunctionSeen.id of the kept call


@record
class ReplayedGradients(Record):
    """Norms of the gradients within the kept call, one for each leaf of `leaves`; -1: none.

    They are those of the gradient function `name`, at `step`. An event as well: a kept run has it.
    """

    leaves: int  # DynamicsLeaves.id
    step: int
    name: str
    gradient: NDArray[np.float32]
    seconds: float
