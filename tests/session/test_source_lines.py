"""What a line of source has made."""

import pytest

from eqxviz.engine.engine import Engine
from eqxviz.session.graphs import GraphTab
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from eqxviz.session.source_lines import line_notes, source_details
from tests.gui.graph.drawn import draw_tree_model
from tests.gui.shown import make_tree, show_model, show_run
from tests.layout.made_graphs import GraphMaker


@pytest.fixture(name="session")
def _session(tmp_path):
    session = Session(lambda work: work(), Engine(lambda work: work(), tmp_path))
    yield session
    session.close(leave_run=False)


def show_graph(session: Session, graph) -> GraphTab:
    tab = GraphTab("model", "model")
    tab.fill(graph)
    session.graphs.append(tab)
    session.current_graph = 0
    return tab


def costly() -> GraphMaker:
    made = GraphMaker("f")
    x = made.argument("x")
    for line, flops in ((3, 90.0), (4, 10.0)):
        at = ("/x/model.py", line, "f")
        made.made(made.equation("add", [x], source=at, flops=flops, n_bytes=8.0))
    return made


def test_a_line_has_its_share_of_all_operations(session):
    show_graph(session, costly().graph())
    notes = line_notes(session, "/x/model.py")
    assert {line: note.text for line, note in notes.items()} == {3: "90 %", 4: "10 %"}
    assert notes[3].words == "1 equation, 90 % of the FLOPs"


def test_a_line_of_another_file_has_no_note(session):
    show_graph(session, costly().graph())
    assert line_notes(session, "/x/other.py") == {}


def test_no_notes_while_there_is_no_graph(session):
    assert line_notes(session, "/x/model.py") == {}


def test_a_line_tells_what_it_made_and_what_that_reads(session):
    show_model(session, make_tree())
    tab = show_graph(session, draw_tree_model())
    file, line = tab.links.source_of(0)
    details = source_details(session, file, line)
    facts = {fact.name: fact.value for fact in details.facts}
    assert facts["Equations"].isdigit()
    assert "dot_general" in facts["Made of"]
    assert facts["Share"].endswith("of the function's FLOPs")
    links = [fact.link for fact in details.facts if fact.link is not None]
    assert any(link.kind == "node" for link in links)
    first = next(link for link in links if link.kind == "equation")
    assert tab.links.source_of(first.equation) == (file, line)


def test_another_graph_is_told_of_where_the_one_in_front_has_nothing(session):
    show_graph(session, costly().graph())
    other = GraphTab("function:1", "g")
    other.fill(draw_tree_model())
    session.graphs.append(other)
    facts = source_details(session, *other.links.source_of(0)).facts
    assert next(fact.value for fact in facts if fact.name == "Graph") == "model"


def test_a_line_tells_which_function_was_jitted_there(session):
    show_run(session)
    facts = {fact.name: fact for fact in source_details(session, "/x/train.py", 12).facts}
    assert facts["Jitted here"].value == "make_step"
    assert facts["Jitted here"].link == Selection(kind="function", function=0)


def test_a_line_tells_what_compiled_and_which_curves_are_from_there(session):
    show_run(session)
    facts = [(fact.name, fact.value) for fact in source_details(session, "/x/train.py", 50).facts]
    assert ("Compiled from here", "1 ×") in facts
    assert ("Curve", "loss") in facts


def test_a_line_that_made_nothing_says_so(session):
    details = source_details(session, "/x/model.py", 1)
    assert details.title == "model.py:1"
    assert "Nothing that was drawn or run" in details.note
