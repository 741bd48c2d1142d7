"""Working on whole PyTrees."""

from eqxcore._tree._at import tree_at
from eqxcore._tree._check import tree_check, tree_flatten_one_level
from eqxcore._tree._equal import tree_equal
from eqxcore._tree._inference import tree_inference
from eqxcore._tree._paths import leaf_name, path_name
from eqxcore._tree._updates import apply_updates

__all__ = [
    "apply_updates",
    "leaf_name",
    "path_name",
    "tree_at",
    "tree_check",
    "tree_equal",
    "tree_flatten_one_level",
    "tree_inference",
]
