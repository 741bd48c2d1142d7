from .data import GraphDataset
from .metrics import Running
from .model import GraphNet

__all__ = ["GraphDataset", "GraphNet", "Running"]
