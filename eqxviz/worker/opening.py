"""Answering requests about files."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from eqxviz.records import OpenedModel, OpenModel, Problem, Record, Severity, Target
from eqxviz.worker import cards, files, making
from eqxviz.worker.array_files import READERS, ArrayFileError, read_arrays
from eqxviz.worker.importing import refuse_bad_syntax
from eqxviz.worker.loading import Candidate, UserFile
from eqxviz.worker.models import Models
from eqxviz.worker.nesting import nested
from eqxviz.worker.questions import answer, answered


class Opening:
    """The file that is open, and its model."""

    def __init__(self) -> None:
        self._models = Models()

    def answer(self, request: Record) -> Record:
        """Return the answer to `request`: what it asks for, or a `Problem`."""
        return answered(request, lambda: self._work(request))

    def _work(self, request: Record) -> Record:
        if isinstance(request, OpenModel):
            return self._open(request)
        return answer(self._models, request)

    def _open(self, request: OpenModel) -> Record:
        path = files.checked_file(request.path)
        if files.is_python(path):
            # While a file is edited it often does not parse: what is open stays open then.
            refuse_bad_syntax(path)
        if not request.beside:
            self._models.close()
        if Path(path).suffix.lower() in READERS:
            return self._open_arrays(path)
        if not files.is_python(path):
            raise files.not_openable(path)
        weights = files.checked_file(request.weights) if request.weights else ""
        arguments = making.hyperparameters(weights) if weights else {}
        file = UserFile(path, arguments)
        chosen = file.find(request.name)
        file.check_arguments(chosen)
        targets = tuple(candidate.target for candidate in file.candidates())
        value, notes = _made(chosen, path, weights, request.shapes_only)
        opened = self._models.open(value, path, chosen.target, targets, os.path.dirname(path))
        return replace(opened, notes=notes)

    def _open_arrays(self, path: str) -> OpenedModel:
        try:
            arrays = read_arrays(path)
        except ArrayFileError as error:
            raise cards.error(
                "damaged-file", f"{Path(path).name} cannot be read", cards.sentence(str(error)),
                error.fix, path,
            ) from error  # fmt: skip
        except OSError as error:
            raise cards.error(
                "unreadable-file", f"{Path(path).name} cannot be read", str(error),
                "Check who may read it, and whether there is room to unpack it.", path,
            ) from error  # fmt: skip
        value = arrays[""] if list(arrays) == [""] else nested(arrays)
        stem = Path(path).stem
        target = Target(stem if stem.isidentifier() else "weights", "arrays", 0)
        return self._models.open(value, path, target, (target,), os.path.dirname(path))


def _made(
    chosen: Candidate, path: str, weights: str, shapes_only: bool
) -> tuple[Any, tuple[Problem, ...]]:
    """Return the model, and what there is to know about how it was made."""
    title = chosen.target.name
    if shapes_only:
        return _called(lambda: making.shapes_of(chosen.make), title, path), ()
    if not weights:
        return _called(chosen.make, title, path), ()
    found = _called(lambda: making.with_weights(chosen.make, weights), title, path)
    value, n_arrays, n_bytes = found
    return value, (_left(n_arrays, n_bytes, weights),) if n_arrays or n_bytes else ()


def _called(make: Callable[[], Any], name: str, path: str) -> Any:
    try:
        return make()
    except cards.CardError:
        raise
    except BaseException as error:  # the user's code may raise anything
        title = f"{name} raised {type(error).__name__}"
        raise cards.raised(error, "make-failed", title, path) from error


def _left(n_arrays: int, n_bytes: int, weights: str) -> Problem:
    said = [f"{n_arrays} of its arrays"] if n_arrays else []
    said += [f"{n_bytes:,} bytes at its end, which are no array"] if n_bytes else []
    what = " and ".join(said)
    return Problem(
        "weights-left", Severity.NOTE, f"{Path(weights).name} holds more than this model",
        f"{what} were not read; every leaf of the model was.",
        "If they belong to it, make the model as it was when the file was saved.", weights,
    )  # fmt: skip
