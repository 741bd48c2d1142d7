"""Small widgets that every view shares."""

from eqxviz.gui.widgets.code_pane import CodePane as CodePane
from eqxviz.gui.widgets.code_pane import MarginNote as MarginNote
from eqxviz.gui.widgets.elided_label import ElidedLabel as ElidedLabel
from eqxviz.gui.widgets.empty_state import EmptyState as EmptyState
from eqxviz.gui.widgets.fact_card import FactCard as FactCard
from eqxviz.gui.widgets.hover_card import HoverCard as HoverCard
from eqxviz.gui.widgets.link_button import LinkButton as LinkButton
from eqxviz.gui.widgets.mark_label import MarkLabel as MarkLabel
from eqxviz.gui.widgets.problem_card import ProblemCard as ProblemCard
from eqxviz.gui.widgets.row_model import Index as Index
from eqxviz.gui.widgets.row_model import RowModel as RowModel
from eqxviz.gui.widgets.row_table import RowTable as RowTable
from eqxviz.gui.widgets.search_bar import SearchBar as SearchBar
from eqxviz.gui.widgets.state_stack import StateStack as StateStack
from eqxviz.gui.widgets.text_search import TextSearch as TextSearch
from eqxviz.gui.widgets.thin_bar import ThinBar as ThinBar
