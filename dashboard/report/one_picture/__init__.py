"""The page that follows one image through all three models."""
