"""Answering requests about files."""

import os

from eqxviz.records import OpenModel, Record
from eqxviz.worker import cards
from eqxviz.worker.loading import Candidate, UserFile
from eqxviz.worker.models import Models, answered


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
        return self._models.answer(request)

    def _open(self, request: OpenModel) -> Record:
        if not request.beside:
            self._models.close()
        file = UserFile(request.path)
        chosen = file.find(request.name)
        targets = tuple(candidate.target for candidate in file.candidates())
        value = _made(chosen, file.path)
        root = os.path.dirname(file.path)
        return self._models.open(value, file.path, chosen.target, targets, root)


def _made(chosen: Candidate, path: str) -> object:
    try:
        return chosen.make()
    except BaseException as error:  # the user's code may raise anything
        title = f"{chosen.target.name} raised {type(error).__name__}"
        raise cards.raised(error, "make-failed", title, path) from error
