"""What is known of the selected part of a graph."""

from eqxviz.session.details import Details
from eqxviz.session.graph.details import GraphTelling
from eqxviz.session.graphs import GraphTab
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session


def telling(session: Session, tab: GraphTab) -> GraphTelling:
    """Return what tells of the graph of `tab`, with links to the open model's leaves."""

    def node_of(value: int) -> int:
        return tab.links.node_of(session.model.tree, value) if session.model is not None else -1

    return GraphTelling(tab.reading, tab.key, node_of)


def name_in_graph(session: Session, selection: Selection) -> str:
    """Return the name of what is selected in a graph, "" if there is no such thing."""
    tab = session.graph(selection.graph)
    if tab is None or tab.graph is None or not tab.reading.holds(selection):
        return ""
    return tab.reading.name_of(selection)


def graph_details(session: Session, selection: Selection) -> Details | None:
    """Return what is known of what is selected in a graph; None if there is no such thing.

    A graph that was drawn again may hold less than the one in which it was selected.
    """
    tab = session.graph(selection.graph) if selection.graph else None
    if tab is None or tab.graph is None:
        return None
    if not tab.reading.holds(selection):
        return None
    tells = telling(session, tab)
    if selection.equation >= 0:
        return tells.equation(selection.equation)
    if selection.value >= 0:
        return tells.value(selection.value, selection.beside)
    return tells.group(selection.group)
