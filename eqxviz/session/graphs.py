"""One tab of the graph view."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from eqxviz.records import Graph, Problem
    from eqxviz.session.graph.reading import GraphReading
    from eqxviz.session.links import GraphLinks

# What of a function is drawn: the values of `records.DrawnAs`, and the words for them.
DrawnAs = Literal["forward", "vmap", "gradient", "step"]
DRAWN_AS: dict[DrawnAs, str] = {
    "forward": "Forward",
    "vmap": "Vmapped",
    "gradient": "Gradient",
    "step": "Training step",
}
FIRST_BATCH = 8


@dataclass
class GraphTab:
    """The graph of one function, drawn or being drawn.

    A tab that is drawn anew keeps its old graph until the new one is there. What it draws is the
    call of a `node` of the model, a `function` of the run, or else what `name` means in the file
    `path`; of a process that shows a call, `path` is the folder where it is met.
    """

    key: str  # see `key_of`
    title: str
    state: Literal["working", "filled", "failed"] = "working"
    graph: "Graph | None" = None
    problem: "Problem | None" = None
    inputs: str = ""  # "f32[8,3]": what it was asked to be traced on, "" for what is proposed
    node: int = -1  # the node of the model's tree whose call this is
    function: int = -1  # FunctionSeen.id
    activity: str = ""  # what is being done, while working
    path: str = ""
    name: str = ""
    shown: int = -1  # the number of a call that a process shows
    drawn_as: DrawnAs = "forward"
    batch: int = 0  # the length of the axis that is added to the inputs and mapped over; 0 for none
    shapes_only: bool = False  # a model is made without its arrays in any case
    former: "Graph | None" = None  # what it showed before it was drawn anew
    is_former: bool = False  # it shows what another tab showed before: nothing draws it anew

    @property
    def written(self) -> str:
        """The arguments as they stand to be edited: those asked for, else those proposed."""
        known = self.graph is not None and self.state == "filled"
        return self.graph.inputs or self.inputs if known and self.graph else self.inputs

    @property
    def can_be_written(self) -> bool:
        """Whether other arguments can be drawn: those of a call in the run are what they were."""
        return self.function < 0 and not self.is_former

    @property
    def ways(self) -> tuple[DrawnAs, ...]:
        """What can be drawn of its function."""
        if self.is_former:
            return (self.drawn_as,)
        return tuple(DRAWN_AS) if self.can_be_written else ("forward", "gradient", "step")

    @cached_property
    def reading(self) -> "GraphReading":
        """What follows from the graph; only while there is one.

        Once the graph was laid out it is of the graph with its crowds gathered into groups.
        """
        from eqxviz.session.graph.reading import GraphReading

        if self.graph is None:
            raise ValueError(f"the tab {self.title!r} holds no graph yet; look at `state` first")
        return GraphReading(self.graph)

    @cached_property
    def links(self) -> "GraphLinks":
        """The cross references of the graph; only while there is one."""
        from eqxviz.session.links import GraphLinks

        if self.graph is None:
            raise ValueError(f"the tab {self.title!r} holds no graph yet; look at `state` first")
        return GraphLinks(self.graph)

    def fill(self, graph: "Graph") -> None:
        """Show `graph`; the one before is the former one."""
        if self.graph is not None and graph is not self.graph:
            self.former = self.graph
        self.graph, self.problem, self.state, self.activity = graph, None, "filled", ""
        self.title = graph.title
        self._forget()

    def fail(self, problem: "Problem") -> None:
        """Show `problem` in place of a graph, which is the former one from now on."""
        if self.graph is not None:
            self.former = self.graph
        self.graph, self.problem, self.state, self.activity = None, problem, "failed", ""
        self._forget()

    def _forget(self) -> None:
        """Work out anew what follows from the graph."""
        for name in ("links", "reading"):
            self.__dict__.pop(name, None)


def titled(tab: GraphTab) -> str:
    """Return the title of a tab, with what of its function it draws: "loss · gradient"."""
    base = tab.title.partition(" · ")[0]
    return base if tab.drawn_as == "forward" else f"{base} · {DRAWN_AS[tab.drawn_as].lower()}"


def key_of(tab: GraphTab) -> str:
    """Return what tells a tab from others: "model", "model:7", "function:3", "model|gradient"."""
    if tab.node >= 0:
        what = f"model:{tab.node}" if tab.node else "model"
    elif tab.function >= 0:
        what = f"function:{tab.function}"
    else:
        what = f"call:{tab.path}:{tab.name}" if tab.shown < 0 else f"shown:{tab.path}:{tab.shown}"
    return what if tab.drawn_as == "forward" else f"{what}|{tab.drawn_as}"


def former_key(tab: GraphTab) -> str:
    """Return the key of the tab that shows what `tab` showed before."""
    return f"{tab.key}|former"
