"""The page on labels when patches are hidden."""
