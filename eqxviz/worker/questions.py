"""The questions about an open model, and what answers them."""

from collections.abc import Callable
from typing import Any

from eqxviz import analysis
from eqxviz.records import CheckTree, DrawModel, EvaluateSpec, ReadRows, Record, SaveLeaves
from eqxviz.worker import cards, comparing, rows, values
from eqxviz.worker.cancelling import is_cancelled
from eqxviz.worker.checking import check_tree
from eqxviz.worker.drawing import Subject, draw_written, not_callable
from eqxviz.worker.models import Models


def answer(models: Models, request: Record) -> Record:
    """Return the answer to a question about an open model."""
    work = _QUESTIONS.get(type(request))
    return cards.not_answered(request) if work is None else work(models, request)


def _read_rows(models: Models, request: ReadRows) -> Record:
    return rows.next_rows(models.opened(request.revision).index, request.revision)


def _draw_model(models: Models, request: DrawModel) -> Record:
    opened = models.opened(request.revision)
    value, title = opened.object_at(request.node), opened.index.path(request.node)
    if not callable(value):
        raise not_callable(value, title, "Choose the model, or a layer of it.")
    variables, given = opened.names()
    subject = Subject(value, title, opened.root, given, variables)
    return draw_written(subject, request.inputs, request.drawn_as, request.batch)


def _evaluate_spec(models: Models, request: EvaluateSpec) -> Record:
    opened = models.opened(request.revision)
    model, name = opened.object_at(0), opened.index.path(0)
    return analysis.spec_mask(model, name, request.code, request.revision)


def _check_tree(models: Models, request: CheckTree) -> Record:
    opened = models.opened(request.revision)
    return check_tree(opened.object_at(0), request.revision)


def _save_leaves(models: Models, request: SaveLeaves) -> Record:
    from eqxviz.worker.leaves_file import write_leaves  # needs eqxcore

    value = models.opened(request.revision).object_at(request.node)
    return write_leaves(value, request.path, replaces=request.replaces, is_cancelled=is_cancelled)


# What can be asked about an open model, and what answers it.
_QUESTIONS: dict[type[Record], Callable[[Models, Any], Record]] = {
    ReadRows: _read_rows,
    DrawModel: _draw_model,
    EvaluateSpec: _evaluate_spec,
    CheckTree: _check_tree,
    SaveLeaves: _save_leaves,
    **comparing.QUESTIONS,
    **values.QUESTIONS,
}
