"""The VAE study: training, reconstructions, blur, re-encoding and latents."""
