"""The application's state without Qt: what is open, drawn, running and selected.

Nothing is imported here: `eqxviz.session.session` holds `Session`.
"""
