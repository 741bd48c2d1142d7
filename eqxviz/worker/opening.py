"""Answering requests about files."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from eqxviz.records import (
    DrawCall,
    Judge,
    ListCalls,
    Lower,
    OpenedModel,
    OpenModel,
    Record,
    Target,
)
from eqxviz.worker import calls, cards, files, making
from eqxviz.worker.array_files import READERS, ArrayFileError, read_arrays
from eqxviz.worker.importing import refuse_bad_syntax
from eqxviz.worker.judging import judge
from eqxviz.worker.loading import UserFile
from eqxviz.worker.lowering import answer_lowered
from eqxviz.worker.models import Models
from eqxviz.worker.nesting import nested
from eqxviz.worker.questions import answer


class Opening:
    """The file that is open, and its model."""

    def __init__(self) -> None:
        self._models = Models()
        self._file: UserFile | None = None  # the Python file that was loaded last
        self._is_fresh = False  # it was loaded to draw from it, and not opened yet

    def answer(self, request: Record) -> Record:
        """Return the answer to `request`: what it asks for, or a `Problem`."""
        return cards.answered(request, lambda: self._work(request))

    def _work(self, request: Record) -> Record:
        if isinstance(request, OpenModel):
            return self._open(request)
        if isinstance(request, Lower):
            return answer_lowered(request, self._work)
        if isinstance(request, DrawCall):
            return calls.draw_call(self._file_to_draw(request.path), request)
        if isinstance(request, ListCalls):
            return calls.offered_calls(self._file_to_draw(request.path))
        if isinstance(request, Judge):
            return judge(request.script, request.judge)
        return answer(self._models, request)

    def _file_to_draw(self, path: str) -> UserFile:
        """Return a Python file as it is now, loaded once for all that is drawn from it."""
        path = files.checked_file(path)
        if not files.is_python(path):
            raise calls.no_code(path)
        if self._file is None or self._file.path != path or self._file.is_edited:
            refuse_bad_syntax(path)
            self._file, self._is_fresh = None, False
            self._file, self._is_fresh = UserFile(path), True
        return self._file

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
        file = self._file_to_open(path, arguments)
        chosen = file.find(request.name)
        file.check_arguments(chosen)
        targets = tuple(candidate.target for candidate in file.candidates())
        value, notes = making.made(
            chosen.make, chosen.target.name, path, weights, request.shapes_only
        )
        root = os.path.dirname(path)
        opened = self._models.open(
            value, path, chosen.target, targets, root, lambda: calls.names_of(file)
        )
        return replace(opened, notes=notes)

    def _file_to_open(self, path: str, arguments: Mapping[str, Any]) -> UserFile:
        """Return a Python file, loaded anew unless that was just done to draw from it."""
        file, is_fresh = self._file, self._is_fresh
        self._file, self._is_fresh = None, False
        is_same = file is not None and file.path == path and not file.is_edited
        if file is None or not is_same or not is_fresh or arguments:
            file = UserFile(path, arguments)
        self._file = file
        return file

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
