"""The page on how wordings of a class name compare."""
