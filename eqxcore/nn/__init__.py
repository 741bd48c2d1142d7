"""Layers of neural networks, each a Module."""

from eqxcore._tree import tree_inference as inference_mode
from eqxcore.nn._attention import MultiheadAttention
from eqxcore.nn._batch_norm import BatchNorm
from eqxcore.nn._conv import Conv, Conv1d, Conv2d, Conv3d
from eqxcore.nn._conv_transpose import (
    ConvTranspose,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
)
from eqxcore.nn._dropout import Dropout
from eqxcore.nn._embedding import Embedding, RotaryPositionalEmbedding
from eqxcore.nn._linear import Identity, Linear
from eqxcore.nn._mlp import MLP
from eqxcore.nn._normalisation import GroupNorm, LayerNorm, RMSNorm
from eqxcore.nn._pool import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
    AdaptivePool,
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
    Pool,
)
from eqxcore.nn._prelu import PReLU
from eqxcore.nn._rnn import GRUCell, LSTMCell
from eqxcore.nn._sequential import Lambda, Sequential, StatefulLayer
from eqxcore.nn._shared import Shared
from eqxcore.nn._spectral_norm import SpectralNorm
from eqxcore.nn._state import State, StateIndex, delete_init_state, make_with_state
from eqxcore.nn._weight_norm import WeightNorm

__all__ = [
    "MLP",
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AdaptivePool",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "BatchNorm",
    "Conv",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "Dropout",
    "Embedding",
    "GRUCell",
    "GroupNorm",
    "Identity",
    "LSTMCell",
    "Lambda",
    "LayerNorm",
    "Linear",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MultiheadAttention",
    "PReLU",
    "Pool",
    "RMSNorm",
    "RotaryPositionalEmbedding",
    "Sequential",
    "Shared",
    "SpectralNorm",
    "State",
    "StateIndex",
    "StatefulLayer",
    "WeightNorm",
    "delete_init_state",
    "inference_mode",
    "make_with_state",
]
