"""Which curves belong together by their names: train/loss and val/loss, loss and val_loss."""

import re
from collections.abc import Iterable

_KEYS = re.compile(r"\[['\"]([^'\"]*)['\"]\]")
_PARTS = ("train", "training", "val", "valid", "validation", "test", "eval", "dev")
_AROUND = re.compile(rf"^(?:{'|'.join(_PARTS)})[_\-. ]|[_\-. ](?:{'|'.join(_PARTS)})$")


def leaf_name(name: str) -> str:
    """Return what a curve measures, without what it measures it of: "loss" of `val_loss`.

    The last part of a path counts: of "train/loss", `metrics["loss"]` and `state.loss`.
    """
    path = _KEYS.sub(r"/\1", name)
    last = re.split(r"[/.]", path.strip("/."))[-1].lower()
    return _AROUND.sub("", last) or last


def groups_of(names: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return `(leaf, names)` for each leaf name that more than one curve has."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(leaf_name(name), []).append(name)
    return [(leaf, tuple(group)) for leaf, group in found.items() if len(group) > 1]
