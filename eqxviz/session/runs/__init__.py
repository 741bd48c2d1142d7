"""Runs that were kept: listed, searched, labelled, compared, opened and exported."""
