"""The page on how far apart images and texts lie."""
