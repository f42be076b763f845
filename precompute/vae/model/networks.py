"""The two VAEs: the PyTorch example's 784-400-20 and back, and a small convolutional one."""

import hashlib

from torch import Tensor, nn
from torch.nn.functional import relu

from precompute.vae.model.terms import TERMS, SquaredError, Term


class MlpVae(nn.Module):
    """q(z|x) and p(x|z), both with one hidden layer (Kingma & Welling 2014)."""

    def __init__(
        self, n_pixels: int, hidden_dim: int, latent_dim: int, term: Term | None = None
    ) -> None:
        super().__init__()
        self.encoder_hidden = nn.Linear(n_pixels, hidden_dim)
        self.encoder_mean = nn.Linear(hidden_dim, latent_dim)
        self.encoder_log_variance = nn.Linear(hidden_dim, latent_dim)
        self.decoder_hidden = nn.Linear(latent_dim, hidden_dim)
        self.decoder_output = nn.Linear(hidden_dim, n_pixels)
        self.term: Term = term or SquaredError()

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of q(z|x), (N, P) -> (N, D) each."""
        units = relu(self.encoder_hidden(images))
        return self.encoder_mean(units), self.encoder_log_variance(units)

    def logits(self, latents: Tensor) -> Tensor:
        """Return what the reconstruction term is given, (N, D) -> (N, P)."""
        return self.decoder_output(relu(self.decoder_hidden(latents)))

    def decode(self, latents: Tensor) -> Tensor:
        """Return expected pictures in [0, 1], (N, D) -> (N, P)."""
        return self.term.mean(self.logits(latents))


class ConvolutionalVae(nn.Module):
    """Two strided convolutions of 32 and 64 channels down to a quarter of the side, and back."""

    def __init__(self, n_pixels: int, latent_dim: int, term: Term) -> None:
        super().__init__()
        self.side = round(n_pixels**0.5)
        self.small = self.side // 4
        if self.small * 4 != self.side:
            raise ValueError(f"a side of {self.side} pixels cannot be halved twice.")
        flat = 64 * self.small**2
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 32, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.encoder_mean = nn.Linear(flat, latent_dim)
        self.encoder_log_variance = nn.Linear(flat, latent_dim)
        self.decoder_hidden = nn.Linear(latent_dim, flat)
        self.decoder_middle = nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1)
        self.decoder_output = nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1)
        self.term: Term = term

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of q(z|x), (N, P) -> (N, D) each."""
        units = self.encoder(images.unflatten(1, (1, self.side, self.side)))
        return self.encoder_mean(units), self.encoder_log_variance(units)

    def logits(self, latents: Tensor) -> Tensor:
        """Return what the reconstruction term is given, (N, D) -> (N, P)."""
        units = relu(self.decoder_hidden(latents)).unflatten(1, (64, self.small, self.small))
        return self.decoder_output(relu(self.decoder_middle(units))).flatten(1)

    def decode(self, latents: Tensor) -> Tensor:
        """Return expected pictures in [0, 1], (N, D) -> (N, P)."""
        return self.term.mean(self.logits(latents))


Vae = MlpVae | ConvolutionalVae


def build(architecture: str, term: str, n_pixels: int, hidden_dim: int, latent_dim: int) -> Vae:
    """Return a new model with random weights; `hidden_dim` is the MLP's."""
    if architecture == "convolutional":
        return ConvolutionalVae(n_pixels, latent_dim, TERMS[term]())
    return MlpVae(n_pixels, hidden_dim, latent_dim, TERMS[term]())


def weights_digest(model: nn.Module) -> str:
    """SHA-256 over the weights, in the model's own order."""
    digest = hashlib.sha256()
    for weight in model.state_dict().values():
        digest.update(weight.cpu().numpy().tobytes())
    return digest.hexdigest()
