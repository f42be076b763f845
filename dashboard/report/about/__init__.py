"""The page on where every number comes from."""
