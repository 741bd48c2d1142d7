"""The user's code: what its lines and expressions say, and how they would be written."""
