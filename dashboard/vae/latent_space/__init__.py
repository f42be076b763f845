"""The page on what the latents hold."""
