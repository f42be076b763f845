"""The page that brings images and texts together, before and after."""
