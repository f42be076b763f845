"""Datasets of the VAE study."""
