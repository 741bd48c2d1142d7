"""The page on which one says how a script is to be run."""

from eqxviz.gui.launch.page import LaunchPage as LaunchPage
