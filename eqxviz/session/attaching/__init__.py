"""Attaching to processes behind a port, and keeping what they tell here."""
