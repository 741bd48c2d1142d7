"""Layers of neural networks, each a Module."""

from eqxcore._tree import tree_inference as inference_mode

from ._dropout import Dropout
from ._linear import Identity, Linear
from ._mlp import MLP
from ._sequential import Lambda, Sequential, StatefulLayer

__all__ = [
    "MLP",
    "Dropout",
    "Identity",
    "Lambda",
    "Linear",
    "Sequential",
    "StatefulLayer",
    "inference_mode",
]
