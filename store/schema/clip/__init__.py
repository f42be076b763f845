"""Datasets of the CLIP study."""
