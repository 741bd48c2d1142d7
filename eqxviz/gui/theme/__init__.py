"""How everything looks: colours by role, fonts, icons and the marks that carry meaning."""

from eqxviz.gui.theme.assets import asset as asset
from eqxviz.gui.theme.marks import paint_mark as paint_mark
from eqxviz.gui.theme.theme import Theme as Theme
from eqxviz.gui.theme.theme import ThemeMode as ThemeMode
