"""The page on attention along an object's outline."""
