"""Datasets of the ViT study."""
