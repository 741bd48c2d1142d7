"""Working on whole PyTrees."""

from ._at import tree_at as tree_at
from ._check import tree_check as tree_check
from ._check import tree_flatten_one_level as tree_flatten_one_level
from ._equal import tree_equal as tree_equal
from ._paths import leaf_name as leaf_name
from ._paths import path_name as path_name
from ._updates import apply_updates as apply_updates
from ._updates import tree_inference as tree_inference
