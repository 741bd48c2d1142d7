"""The compile ledger: what its columns, its time line and its explanations say."""
