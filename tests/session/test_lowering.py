"""Asking for what a graph is lowered to, and the lines of it."""

import jax.numpy as jnp
import numpy as np
import pytest

from eqxviz.analysis import lowered_of
from eqxviz.records import LoweredText, Problem, Severity
from eqxviz.session.graphs import GraphTab
from eqxviz.session.lines import Folding
from eqxviz.session.lowered_text import LoweredLines, whole_text
from eqxviz.session.lowering import Lowering
from tests.gui.graph.drawn import draw_tree_model
from tests.layout.made_graphs import mlp


def summed(x):
    import jax

    return jax.lax.scan(lambda c, y: (c + y, c), x.sum(), x)


def record() -> LoweredText:
    return lowered_of(summed, (jnp.ones(3),), {}, title="summed")


class OneAnswer:
    """A session that hands out its one answer when it is told to."""

    def __init__(self) -> None:
        self.answered = None
        self.given_up = 0

    def ask_lowered(self, tab, answered):
        self.answered = answered
        return self._give_up

    def in_background(self, work, done):
        done(work())

    def _give_up(self) -> None:
        self.given_up += 1


@pytest.fixture(name="tab")
def _tab() -> GraphTab:
    tab = GraphTab("model", "model")
    tab.fill(mlp())
    return tab


def test_nothing_is_lowered_until_it_is_asked_for(tab):
    assert Lowering(OneAnswer()).of(tab).state == "empty"


def test_what_was_asked_for_is_there_when_it_is_answered(tab):
    session = OneAnswer()
    lowering, heard = Lowering(session), []
    lowering.changed.connect(heard.append)
    lowering.ask(tab)
    assert lowering.of(tab).state == "working"
    session.answered(record())
    assert lowering.of(tab).state == "filled"
    assert heard == ["model", "model"]


def test_a_problem_takes_its_place(tab):
    session = OneAnswer()
    lowering = Lowering(session)
    lowering.ask(tab)
    session.answered(Problem("draw-failed", Severity.ERROR, "f raised", "why", "fix"))
    assert lowering.of(tab).state == "failed"


def test_it_can_be_given_up(tab):
    session = OneAnswer()
    lowering = Lowering(session)
    lowering.ask(tab)
    lowering.cancel(tab)
    session.answered(record())
    assert (lowering.of(tab).state, session.given_up) == ("empty", 1)


def test_another_graph_of_the_tab_is_not_lowered_yet(tab):
    session = OneAnswer()
    lowering = Lowering(session)
    lowering.ask(tab)
    session.answered(record())
    tab.fill(draw_tree_model())
    assert lowering.of(tab).state == "empty"


def test_it_is_written_to_a_file(tab, tmp_path):
    session = OneAnswer()
    lowering, why_not = Lowering(session), []
    lowering.ask(tab)
    session.answered(record())
    lowering.save(tab, str(tmp_path / "f.mlir"), why_not.append)
    lowering.save(tab, str(tmp_path / "no" / "f.mlir"), why_not.append)
    assert (tmp_path / "f.mlir").read_text() == whole_text(record())
    assert why_not == ["", "No such file or directory"]


def test_the_pieces_of_a_line_are_the_line():
    lines = LoweredLines(record())
    for line in range(len(lines)):
        spans = lines.spans(line)
        assert " " * lines.indent(line) + "".join(s.text for s in spans) == lines.text(line)
    tones = {s.tone for line in range(len(lines)) for s in lines.spans(line)}
    assert {"variable", "type", "keyword", "kind.control", "literal"} <= tones


def test_blocks_fold_from_their_brace_to_the_one_that_closes_them():
    lines = LoweredLines(record())
    texts = [lines.text(n) for n in range(len(lines))]
    main = next(i for i, text in enumerate(texts) if "@main" in text)
    assert texts[int(lines.end[main])] == "  }"
    condition = texts.index("    cond {")
    assert texts[int(lines.end[condition]) + 1] == "    } do {"
    folding = Folding(lines)
    folding.set_folded(0, True)
    assert folding.rows.tolist() == [0]


def test_a_source_line_leads_to_its_lines_and_back():
    lines = LoweredLines(record())
    made = next(i for i in range(len(lines)) if "stablehlo.add" in lines.text(i))
    file, number = lines.source_of(made)
    assert file == __file__
    assert made in lines.lines_at(file, number)
    assert lines.note(made) == f"test_lowering.py:{number}"


def test_a_program_that_was_cut_says_so_in_its_file():
    whole = record()
    cut = LoweredText(
        **{f: getattr(whole, f) for f in whole.__dataclass_fields__} | {"n_bytes": 10**9}
    )
    assert whole_text(cut).endswith("// cut: the whole program has 1,000,000,000 bytes\n")


def test_a_text_without_lines_has_no_blocks():
    whole = record()
    fields = {f: getattr(whole, f) for f in whole.__dataclass_fields__}
    fields |= {"lines": whole.lines.of([]), "line_source": np.zeros(0, np.int32)}
    assert len(LoweredLines(LoweredText(**fields)).end) == 0
