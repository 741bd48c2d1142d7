"""What a model holds at several places, and the code that ties or copies it."""
