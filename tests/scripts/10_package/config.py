from dataclasses import dataclass


@dataclass
class Config:
    num_nodes: int = 10
    in_dim: int = 4
    hidden: int = 24
    layers: int = 2
    batch_size: int = 32
    steps: int = 160
    eval_every: int = 20
    lr: float = 5e-3
    warmup: int = 10
    seed: int = 2024
