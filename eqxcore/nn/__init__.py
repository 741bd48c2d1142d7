"""Layers of neural networks, each a Module."""

from eqxcore._tree import tree_inference as inference_mode
from eqxcore.nn._dropout import Dropout
from eqxcore.nn._linear import Identity, Linear
from eqxcore.nn._mlp import MLP
from eqxcore.nn._sequential import Lambda, Sequential, StatefulLayer

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
