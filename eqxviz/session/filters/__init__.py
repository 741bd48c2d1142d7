"""The filter playground: a spec in steps, both halves of partition, and code that makes it."""
