"""Saving what is open, or a run by itself, in files of Equinox's format. Qt-free."""
