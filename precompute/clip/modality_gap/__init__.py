"""How far apart images and texts lie."""
