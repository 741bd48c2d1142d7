"""Pictures and tables of plots: files, the clipboard, and what goes wrong."""

import csv
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from eqxviz.gui.run import CurvesView
from eqxviz.gui.run.exporting import write_picture
from eqxviz.gui.theme import Theme
from eqxviz.session.session import Session
from tests.gui.run.conftest import CardOf
from tests.gui.shown import add_points, show_run

SIZE = QSize(600, 300)
SVG = "{http://www.w3.org/2000/svg}"


def colours(image: QImage) -> set[str]:
    return {
        image.pixelColor(x, y).name()
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 2)
    }


def test_an_svg_has_the_title_the_ticks_and_the_legend_as_text(
    view: CurvesView, session: Session, card_of: CardOf, theme: Theme, tmp_path: Path
):
    show_run(session)
    view.board.merge(card_of('metrics["accuracy"]').plot, card_of("loss").plot)
    card = card_of('loss, metrics["accuracy"]')
    path = tmp_path / "curves.svg"
    write_picture(path, [card.drawing], SIZE, 1, theme)
    root = ET.parse(path).getroot()
    texts = {element.text for element in root.iter(f"{SVG}text")}
    assert {'loss, metrics["accuracy"]', "loss", 'metrics["accuracy"]', "0.8", "200"} <= texts
    assert "monospace" in path.read_text()
    assert not list(root.iter(f"{SVG}image"))


def test_dense_points_are_one_shape_in_an_svg(
    session: Session, card_of: CardOf, theme: Theme, tmp_path: Path
):
    show_run(session, n_points=2)
    add_points(session, 2, "dense", np.random.default_rng(0).normal(size=200_000))
    path = tmp_path / "dense.svg"
    write_picture(path, [card_of("dense").drawing], SIZE, 1, theme)
    assert path.stat().st_size < 300_000


def test_a_png_of_all_plots_has_the_colours_of_the_lines(
    view: CurvesView, session: Session, card_of: CardOf, theme: Theme, tmp_path: Path
):
    show_run(session)
    drawings = [card_of("loss").drawing, card_of('metrics["accuracy"]').drawing]
    path = tmp_path / "curves.png"
    write_picture(path, drawings, SIZE, 2, theme)
    image = QImage(str(path))
    assert image.width() > 2 * 2 * SIZE.width()
    assert theme.color("curve.0").name() in colours(image)


def test_a_picture_in_the_dark_can_be_light(
    view: CurvesView, session: Session, card_of: CardOf, theme: Theme, tmp_path: Path
):
    theme.set_mode("dark")
    show_run(session)
    card = card_of("loss")
    for is_light, background in ((False, theme.color("base").name()), (True, "#ffffff")):
        view.saving.is_always_light = is_light
        path = tmp_path / f"{is_light}.png"
        view.saving.write_picture(path, [card.drawing], SIZE, 1)
        assert QImage(str(path)).pixelColor(0, 0).name() == background


def test_a_plot_is_copied_as_a_picture(
    view: CurvesView, session: Session, card_of: CardOf, theme: Theme
):
    show_run(session)
    card_of("loss").export_wanted.emit("copy")
    image = QApplication.clipboard().image()
    assert theme.color("curve.0").name() in colours(image)


@pytest.mark.parametrize(("is_all", "n_rows"), [(False, 11), (True, 300)])
def test_a_table_holds_the_points_in_view_or_all(
    qtbot,
    view: CurvesView,
    session: Session,
    card_of: CardOf,
    tmp_path: Path,
    is_all: bool,
    n_rows: int,
):
    show_run(session)
    card = card_of("loss")
    card.canvas.zoomed.emit(100.0, 110.0)
    view.bar.smooth_slider.setValue(3)
    qtbot.waitUntil(lambda: card.drawing.window == (100.0, 110.0))
    path = tmp_path / "loss.csv"
    view.saving.write_csv(path, [card.plot], is_all=is_all)
    heads, *rows = csv.reader(path.read_text().splitlines())
    assert heads == ["curve", "step", "seconds", "value", "smoothed"]
    assert len(rows) == n_rows
    row = next(row for row in rows if row[1] == "100")
    assert float(row[3]) == np.exp(-1.0)
    assert float(row[4]) > float(row[3])


def test_all_points_are_in_the_table_also_where_they_have_no_place_on_the_axis(
    view: CurvesView, session: Session, card_of: CardOf, tmp_path: Path
):
    show_run(session)
    card = card_of("loss")
    view.board.change_look(is_log_x=True)
    view.refresh()
    path = tmp_path / "loss.csv"
    view.saving.write_csv(path, [card.plot], is_all=True)
    _heads, *rows = csv.reader(path.read_text().splitlines())
    assert [int(row[1]) for row in rows] == list(range(300))


def test_a_picture_that_cannot_be_written_is_a_problem(
    view: CurvesView, session: Session, card_of: CardOf, tmp_path: Path
):
    show_run(session)
    drawing = card_of("loss").drawing
    view.saving.write_picture(tmp_path / "gone" / "x.png", [drawing], SIZE, 1)
    view.saving.write_picture(tmp_path / "x.gif", [drawing], SIZE, 1)
    assert [problem.title for problem in session.problems] == [
        "x.png was not written",
        "x.gif was not written",
    ]
