"""The sharing map: what the open model holds at several places."""

from eqxviz.gui.sharing.view import SharingView as SharingView
