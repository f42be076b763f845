"""What the VAE keeps of an image, once and again."""
