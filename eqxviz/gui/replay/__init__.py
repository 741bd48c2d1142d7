"""What is seen of a replayed call: the way to the values of an equation, and whence a NaN comes."""

from eqxviz.gui.replay.blame_card import BlameCard as BlameCard
from eqxviz.gui.replay.head import ReplayHead as ReplayHead
