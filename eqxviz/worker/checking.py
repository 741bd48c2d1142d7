"""What the model's own library says of its being a tree."""

import importlib
from typing import Any

from eqxviz.analysis.filter_spec import library_of
from eqxviz.records import TreeCheck


def check_tree(model: Any, revision: int) -> TreeCheck:
    """Return what `tree_check` of the library that `model` is made of raises for it."""
    library = library_of(model)
    try:
        importlib.import_module(library).tree_check(model)
    except (ValueError, RecursionError) as error:
        return TreeCheck(revision, library, f"{type(error).__name__}: {error}")
    return TreeCheck(revision, library, "")
