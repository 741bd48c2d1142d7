"""Lessons as they are followed: what the learner reads, writes, runs and has done."""
