"""How wordings of a class name compare."""
