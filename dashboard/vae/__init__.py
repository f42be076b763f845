"""The VAE's pages: training, reconstructions, latent space, explorer."""
