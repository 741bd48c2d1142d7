"""One tab of the graph view."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from eqxviz.records import Graph, Problem
    from eqxviz.session.links import GraphLinks


@dataclass
class GraphTab:
    """The graph of one function, drawn or being drawn.

    A tab that is drawn anew keeps its old graph until the new one is there.
    """

    key: str  # "model", "model:7" (the call of node 7), "function:3"
    title: str
    state: Literal["working", "filled", "failed"] = "working"
    graph: "Graph | None" = None
    problem: "Problem | None" = None
    inputs: str = ""  # "f32[8,3]": what a call of the model is traced on; "" elsewhere
    node: int = -1  # the node of the model's tree whose call this is
    function: int = -1  # FunctionSeen.id
    activity: str = ""  # what is being done, while working

    @cached_property
    def links(self) -> "GraphLinks":
        """The cross references of the graph; only while there is one."""
        from eqxviz.session.links import GraphLinks

        if self.graph is None:
            raise ValueError(f"the tab {self.title!r} holds no graph yet; look at `state` first")
        return GraphLinks(self.graph)

    def fill(self, graph: "Graph") -> None:
        """Show `graph`."""
        self.graph, self.problem, self.state, self.activity = graph, None, "filled", ""
        self.__dict__.pop("links", None)

    def fail(self, problem: "Problem") -> None:
        """Show `problem` in place of a graph."""
        self.graph, self.problem, self.state, self.activity = None, problem, "failed", ""
        self.__dict__.pop("links", None)
