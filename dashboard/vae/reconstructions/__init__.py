"""The page on what the VAE keeps of an image."""
