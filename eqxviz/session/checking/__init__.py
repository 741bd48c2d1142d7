"""Checking a program for problems: what is looked for, what is ignored, and what is told."""
