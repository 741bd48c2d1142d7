"""The plots of a run: which there are, what each holds, how it is drawn. Qt-free."""
