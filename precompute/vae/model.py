"""The VAE of the PyTorch example: 784-400-20 and back, one hidden layer on each side."""

import hashlib

import torch
from torch import Tensor, nn
from torch.nn.functional import relu


class MlpVae(nn.Module):
    """q(z|x) and p(x|z), both with one hidden layer (Kingma & Welling 2014)."""

    def __init__(self, n_pixels: int, hidden_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.encoder_hidden = nn.Linear(n_pixels, hidden_dim)
        self.encoder_mean = nn.Linear(hidden_dim, latent_dim)
        self.encoder_log_variance = nn.Linear(hidden_dim, latent_dim)
        self.decoder_hidden = nn.Linear(latent_dim, hidden_dim)
        self.decoder_output = nn.Linear(hidden_dim, n_pixels)

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of q(z|x), (N, P) -> (N, D) each."""
        units = relu(self.encoder_hidden(images))
        return self.encoder_mean(units), self.encoder_log_variance(units)

    def decode(self, latents: Tensor) -> Tensor:
        """Return pictures in [0, 1], (N, D) -> (N, P)."""
        units = relu(self.decoder_hidden(latents))
        return torch.sigmoid(self.decoder_output(units))


def weights_digest(model: nn.Module) -> str:
    """SHA-256 over the weights, in the model's own order."""
    digest = hashlib.sha256()
    for weight in model.state_dict().values():
        digest.update(weight.cpu().numpy().tobytes())
    return digest.hexdigest()
