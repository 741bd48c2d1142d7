"""Pictures of a graph, for readers that have none of its fonts."""

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from eqxviz.gui.graph.exporting import scene_of, write_picture
from eqxviz.gui.graph.metrics import BoxMetrics
from eqxviz.gui.theme import Theme
from tests.layout.made_graphs import mlp


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    theme = Theme("light")
    theme.apply(qapp)
    return theme


def test_each_text_of_an_svg_says_how_long_it_is(theme: Theme, tmp_path: Path):
    path = tmp_path / "g.svg"
    graph = mlp()
    write_picture(path, "svg", scene_of(graph, frozenset(range(9)), theme), theme)
    texts = re.findall(r"<text([^>]*)>([^<]*)</text>", path.read_text())
    assert len(texts) > 5
    title = next(attributes for attributes, text in texts if text == "dot_general")
    width = BoxMetrics(theme).width("title", "dot_general")
    assert f'textLength="{width:g}" lengthAdjust="spacingAndGlyphs"' in title
    assert all("textLength" in attributes for attributes, _ in texts)
    assert "sans-serif" in title
