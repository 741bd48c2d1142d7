"""Runs as CSV, as TensorBoard's event files, as JSON."""

import csv
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboardX.proto import event_pb2
from tensorboardX.record_writer import masked_crc32c

from eqxviz.engine.engine import Engine
from eqxviz.records import MetricBatch, Series
from eqxviz.session.export.forms import UnknownFormError
from eqxviz.session.runs.event_file import EventWriter, crc32c, varint_widths
from eqxviz.session.runs.exporting import (
    ExportCancelledError,
    Exporting,
    RunExport,
    form_of,
    write_export,
)
from eqxviz.session.runs.points import Stretch
from eqxviz.session.session import Session
from eqxviz.store import Library, RunStore
from tests.owner import Owner
from tests.session.runs.made_runs import make_run

LOSSES = [3.0, 0.1, float("nan")]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    make_run(tmp_path / "runs", "a", {"loss": LOSSES, "acc": [0.5, 0.75]}, argv=["--lr", "1"])
    make_run(tmp_path / "runs", "b", {"loss": [1.0]})
    return Library(tmp_path / "runs", lambda folder: False)


def export(library: Library, *ids: str, **how: object) -> RunExport:
    target = library.folder.parent / str(how.pop("target", "out.csv"))
    return RunExport(tuple(library.run(id) for id in ids), target=target, **how)


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def events(path: Path) -> Iterator[event_pb2.Event]:
    """Yield what a reader of TensorBoard's files finds, its checksums checked."""
    data, at = path.read_bytes(), 0
    while at < len(data):
        size, size_crc = struct.unpack_from("<QI", data, at)
        assert size_crc == masked_crc32c(data[at : at + 8])
        event = data[at + 12 : at + 12 + size]
        assert struct.unpack_from("<I", data, at + 12 + size)[0] == masked_crc32c(event)
        yield event_pb2.Event.FromString(event)
        at += size + 16


def test_long_csv_has_a_row_for_each_point(library: Library) -> None:
    [path] = write_export(library, export(library, "a", form="csv"))
    assert rows(path)[0] == ["curve", "step", "seconds", "value"]
    assert ["loss", "1", "0.01", "0.1"] in rows(path)
    assert ["loss", "2", "0.02", "nan"] in rows(path)
    assert len(rows(path)) == 1 + 5


def test_long_csv_of_several_runs_names_the_run(library: Library) -> None:
    [path] = write_export(library, export(library, "a", "b", form="csv"))
    assert rows(path)[0][0] == "run"
    assert rows(path)[-1] == ["b", "loss", "0", "0.0", "1.0"]


def test_csv_holds_the_chosen_curves_alone(library: Library) -> None:
    [path] = write_export(library, export(library, "a", form="csv", names=frozenset({"acc"})))
    assert {row[0] for row in rows(path)[1:]} == {"acc"}


def test_wide_csv_has_a_row_for_each_step(library: Library) -> None:
    [path] = write_export(library, export(library, "a", "b", form="wide-csv"))
    assert rows(path) == [
        ["step", "a: loss", "a: acc", "b: loss"],
        ["0", "3.0", "0.5", "1.0"],
        ["1", "0.1", "0.75", ""],
        ["2", "nan", "", ""],
    ]


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-2, 4)), min_size=1, max_size=30))
@settings(deadline=None, max_examples=30)
def test_wide_csv_has_every_point_also_of_steps_that_come_again(
    points: list[tuple[int, int]],
) -> None:
    ids, steps = (np.array(column) for column in zip(*points, strict=True))
    n = len(points)
    names = (Series(0, "loss", -1, "", 0), Series(1, "acc", -1, "", 0))
    batch = MetricBatch(0, names, ids.astype(np.int32), steps.astype(np.int64),
                        np.arange(n) / 10, np.arange(n) * 1.0)  # fmt: skip
    with TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        (runs / "a").mkdir(parents=True)
        with RunStore.create(runs / "a", "train.py", (), "python") as store:
            store.append(batch)
        library = Library(runs, lambda folder: False)
        made = RunExport((library.run("a"),), "wide-csv", Path(folder) / "out.csv")
        head, *table = rows(write_export(library, made)[0])
    for name, id in (("loss", 0), ("acc", 1)):
        if name in head:
            at = head.index(name)
            found = [(int(row[0]), float(row[at])) for row in table if row[at]]
            # In the order of the steps, and of the same step as they came.
            wanted = [(int(s), float(v)) for i, s, v in zip(ids, steps, range(n), strict=True)
                      if i == id]  # fmt: skip
            assert found == sorted(wanted, key=lambda point: point[0])
    assert sum(cell != "" for row in table for cell in row[1:]) == n


def test_csv_of_a_run_without_points_has_a_head_alone(tmp_path: Path) -> None:
    make_run(tmp_path / "runs", "empty", {})
    library = Library(tmp_path / "runs", lambda folder: False)
    for form in ("csv", "wide-csv"):
        [path] = write_export(library, export(library, "empty", form=form))
        assert len(rows(path)) == 1


def test_event_file_is_read_back_point_for_point(library: Library) -> None:
    [path] = write_export(library, export(library, "a", form="tensorboard", target="tb"))
    head, *points = events(path)
    assert head.file_version == "brain.Event:2"
    found = [(p.step, p.summary.value[0].tag, p.summary.value[0].simple_value) for p in points]
    losses = [value for _, tag, value in found if tag == "loss"]
    assert np.array_equal(losses, np.float32(LOSSES), equal_nan=True)
    assert [step for step, tag, _ in found if tag == "acc"] == [0, 1]
    started = library.run("a").started
    assert points[1].wall_time == pytest.approx(started + 0.01)


def test_event_files_of_several_runs_lie_in_a_folder_each(library: Library) -> None:
    paths = write_export(library, export(library, "a", "b", form="tensorboard", target="tb"))
    assert [path.parent.name for path in paths] == ["a", "b"]
    assert all("tfevents" in path.name for path in paths)


def test_events_of_any_step_are_read_back(tmp_path: Path) -> None:
    steps = np.array([0, 127, 128, 2**14 - 1, 2**14, 2**40, 2**62, -1, 5], np.int64)
    values = np.arange(len(steps)) * 1e39  # beyond float32
    writer = EventWriter(0.0)
    path = tmp_path / "events"
    stretch = Stretch(Series(0, "a b/é", -1, "", 0), steps, np.zeros(len(steps)), values)
    path.write_bytes(b"".join((*writer.add(stretch), *writer.rest())))
    found = list(events(path))
    assert [event.step for event in found] == steps.tolist()
    assert found[1].summary.value[0].simple_value == float("inf")
    assert found[0].summary.value[0].tag == "a b/é"
    assert varint_widths(steps).tolist() == [1, 1, 2, 2, 3, 6, 9, 10, 1]


def test_checksum_is_castagnolis() -> None:
    assert crc32c(np.frombuffer(b"123456789", np.uint8)[None]).tolist() == [0xE3069283]


def test_json_holds_how_it_was_started(library: Library) -> None:
    [path] = write_export(library, export(library, "a", form="json", target="out.json"))
    made = json.loads(path.read_text())
    assert made["arguments"] == ["--lr", "1"]
    assert made["last_values"]["loss"] == "nan"
    assert made["versions"]["jax"] == "0.10.2"
    assert made["seeds"] == [{"source": "jax.random.key", "seed": "0", "line": 3}]


@pytest.mark.parametrize(
    ("target", "form"),
    [("a.csv", "csv"), ("a.JSON", "json"), ("logs", "tensorboard"), ("x/logs.d/", "tensorboard")],
)
def test_form_is_that_of_the_target(target: str, form: str) -> None:
    assert form_of(target) == form


def test_a_suffix_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormError, match=r"\.txt is no suffix of points: write OUT\.csv"):
        form_of("points.txt")
    (tmp_path / "logs.d").mkdir()
    assert form_of(str(tmp_path / "logs.d")) == "tensorboard"


def test_what_ends_an_export_leaves_nothing(library: Library) -> None:
    wanted = export(library, "a", form="csv")
    wanted.target.write_text("before")

    def give_up(n: int) -> None:
        raise ExportCancelledError

    with pytest.raises(ExportCancelledError, match=r"^$"):
        write_export(library, wanted, give_up)
    assert wanted.target.read_text() == "before"
    assert list(wanted.target.parent.glob(".*")) == []


def test_event_files_do_not_go_into_a_file(library: Library) -> None:
    wanted = export(library, "a", form="tensorboard", target="file")
    wanted.target.write_text("")
    with pytest.raises(NotADirectoryError, match="it is no folder"):
        write_export(library, wanted)


def test_export_goes_on_in_the_background(library: Library) -> None:
    owner = Owner()
    session = Session(owner.post, Engine(owner.post, library.folder.parent))
    said: list[str] = []
    exporting = Exporting(session, library, said.append)
    exporting.begin(export(library, "a", form="csv"))
    exporting.begin(export(library, "b", form="csv"))
    owner.run_until(lambda: exporting.export is None)
    assert said == [
        "An export is still being written",
        f"Wrote {library.folder.parent / 'out.csv'}",
    ]
    exporting.begin(export(library, "a", form="csv", target="no/such.csv"))
    owner.run_until(lambda: exporting.export is None)
    assert "No such file" in said[-1]
    session.close(leave_run=False)
