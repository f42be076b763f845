"""The page on which a reader moves through the latents."""
