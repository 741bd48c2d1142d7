"""The form in which a file is written, as the suffix of its name says."""

from collections.abc import Sequence
from pathlib import Path

# Where the suffix is not the form itself.
_SUFFIXES = {".txt": "text", ".text": "text", ".htm": "html", ".gv": "dot"}


class UnknownFormError(ValueError):
    """Raised when the name of a file says no form."""


def named_form(path: Path, forms: Sequence[str]) -> str:
    """Return the one of `forms` that the suffix of `path` says.

    Raises:
        UnknownFormError: If it says none of them.
    """
    suffix = path.suffix.lower()
    form = _SUFFIXES.get(suffix, suffix.removeprefix("."))
    if form not in forms:
        known = ", ".join((".txt", *(f".{name}" for name in forms if name != "text")))
        raise UnknownFormError(f"{path.name} does not say in which form: use one of {known}")
    return form
