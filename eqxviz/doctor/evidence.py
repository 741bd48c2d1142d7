"""All that was seen of a target, as the rules need it."""

from dataclasses import dataclass, field

from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.seen import Function, Operation, OptimiserUse
from eqxviz.doctor.watching.differentiating import EagerDifferentiation
from eqxviz.doctor.watching.making import Makings
from eqxviz.doctor.watching.splitting import Split
from eqxviz.doctor.watching.timeline import Timeline
from eqxviz.doctor.watching.traces import Traces
from eqxviz.doctor.watching.trees import SeenTree
from eqxviz.doctor.watching.turns import Turns
from eqxviz.records import CompileEvent, GradientSeen, Problem


@dataclass(eq=False)
class Evidence:
    """All that was seen."""

    user_code: UserCode
    makings: Makings
    traces: Traces
    timeline: Timeline
    functions: dict[int, Function] = field(default_factory=dict)
    optimisers: list[OptimiserUse] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)  # outside of jit, in order
    splits: list[Split] = field(default_factory=list)
    differentiated: list[EagerDifferentiation] = field(default_factory=list)
    compiles: list[CompileEvent] = field(default_factory=list)
    gradients: list[GradientSeen] = field(default_factory=list)
    told: list[Problem] = field(default_factory=list)  # by the capture itself
    trees: list[SeenTree] = field(default_factory=list)
    turns: Turns = field(default_factory=Turns)
    error: BaseException | None = None  # what the target did not catch
    diagnosis: list[Problem] = field(default_factory=list)  # of that error
