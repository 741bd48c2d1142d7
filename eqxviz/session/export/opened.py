"""The open model, written to a file while the window goes on."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from eqxviz.session.export.forms import UnknownFormError
from eqxviz.session.export.writing import export

if TYPE_CHECKING:
    from eqxviz.session.opening import ModelPart


def export_opened(session: "ModelPart", path: str, done: Callable[[str], None]) -> None:
    """Write the open model to `path`, in the form of its suffix; `done` gets why not, or ""."""
    model, answers = session.model, tuple(session.answers)

    def write() -> str:
        if model is None or not model.tree.is_complete:
            return "the tree is not complete yet"
        try:
            export(model, Path(path), answers=answers)
        except UnknownFormError as error:
            return str(error)
        except OSError as error:
            return error.strerror or str(error)
        return ""

    session.in_background(write, done)
