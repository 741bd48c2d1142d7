"""Writing a model to a file, in the form that its name says."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from eqxviz.records import OpenedModel, Record
from eqxviz.session.export.data import data
from eqxviz.session.export.forms import named_form
from eqxviz.session.export.page import page
from eqxviz.session.export.table import table
from eqxviz.session.export.text import text
from eqxviz.store.model_file import write_model, write_text

TEXT_FORMS: dict[str, Callable[[OpenedModel], Iterator[str]]] = {
    "text": text,
    "json": data,
    "csv": table,
    "html": page,
}
FORMS = (*TEXT_FORMS, "eqxviz")


def form_of(path: Path) -> str:
    """Return the form that the suffix of `path` says.

    Raises:
        UnknownFormError: If it says none.
    """
    return named_form(path, FORMS)


def export(
    model: OpenedModel,
    path: Path,
    form: str = "",
    answers: Iterable[tuple[Record, Record]] = (),
) -> None:
    """Write the whole tree of `model` to `path`, in one step; `answers` go with records alone.

    Raises:
        UnknownFormError: If no `form` is given, and the suffix says none.
        OSError: If the file cannot be written.
    """
    form = form or form_of(path)
    if form == "eqxviz":
        write_model(path, model, answers)
    else:
        write_text(path, TEXT_FORMS[form](model))
