"""Maps that bring images and texts together, judged on held-out images."""
