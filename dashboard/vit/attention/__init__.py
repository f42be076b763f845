"""The page on where the CLS token attends."""
