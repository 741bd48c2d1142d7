"""How a script is to be run, as a user fills it in, and what was run lately."""
