"""The two VAEs: the course's convolutional one, and the PyTorch example's 784-400-20 and back."""

import hashlib
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import fold, linear, relu, unfold

from precompute.vae.model.terms import TERMS, SquaredError, Term
from store.schema.vae.names import CONVOLUTIONAL, MLP

KERNEL, STRIDE, PADDING = 4, 2, 1  # of a convolution that halves a side, or doubles it


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
    """The course's network: two strided convolutions, a layer of 256, the latents, and back.

    Weights are held as `nn.Conv2d` and its like hold them. The two layers that meet the image's
    one channel are computed as matrix products, which takes half of torch's time on a CPU.
    """

    def __init__(self, n_pixels: int, latent_dim: int, term: Term | None = None) -> None:
        super().__init__()
        self.side = round(n_pixels**0.5)
        self.small = self.side // 4
        if self.small * 4 != self.side:
            raise ValueError(f"a side of {self.side} pixels cannot be halved twice.")
        flat = 64 * self.small**2
        self.encoder_input = nn.Conv2d(1, 32, KERNEL, STRIDE, PADDING)
        self.encoder_middle = nn.Conv2d(32, 64, KERNEL, STRIDE, PADDING)
        self.encoder_hidden = nn.Linear(flat, 256)
        self.encoder_mean = nn.Linear(256, latent_dim)
        self.encoder_log_variance = nn.Linear(256, latent_dim)
        self.decoder_hidden = nn.Linear(latent_dim, 256)
        self.decoder_map = nn.Linear(256, flat)
        self.decoder_middle = nn.ConvTranspose2d(64, 32, KERNEL, STRIDE, PADDING)
        self.decoder_output = nn.ConvTranspose2d(32, 1, KERNEL, STRIDE, PADDING)
        self.term: Term = term or SquaredError()
        self.to(memory_format=torch.channels_last)

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of q(z|x), (N, P) -> (N, D) each."""
        patches = unfold(
            images.unflatten(1, (1, self.side, self.side)), KERNEL, padding=PADDING, stride=STRIDE
        )  # (N, 16, P/4)
        weight = self.encoder_input.weight.flatten(1)  # (32, 16)
        units = relu(linear(patches.transpose(1, 2), weight, self.encoder_input.bias))
        units = units.transpose(1, 2).unflatten(2, (self.side // 2, self.side // 2))
        units = relu(self.encoder_middle(units)).flatten(1)
        units = relu(self.encoder_hidden(units))
        return self.encoder_mean(units), self.encoder_log_variance(units)

    def logits(self, latents: Tensor) -> Tensor:
        """Return what the reconstruction term is given, (N, D) -> (N, P)."""
        units = relu(self.decoder_map(relu(self.decoder_hidden(latents))))
        units = relu(self.decoder_middle(units.unflatten(1, (64, self.small, self.small))))
        patches = self.decoder_output.weight.flatten(1).T @ units.flatten(2)  # (N, 16, P/4)
        side = (self.side, self.side)
        picture = fold(patches, side, KERNEL, padding=PADDING, stride=STRIDE)
        return picture.flatten(1) + self.get_parameter("decoder_output.bias")

    def decode(self, latents: Tensor) -> Tensor:
        """Return expected pictures in [0, 1], (N, D) -> (N, P)."""
        return self.term.mean(self.logits(latents))


Vae = MlpVae | ConvolutionalVae
ARCHITECTURES: Mapping[str, Callable[[int, int, int, Term], Vae]] = {
    MLP: MlpVae,
    CONVOLUTIONAL: lambda n_pixels, _, latent_dim, term: ConvolutionalVae(
        n_pixels, latent_dim, term
    ),
}


def build(architecture: str, term: str, n_pixels: int, hidden_dim: int, latent_dim: int) -> Vae:
    """Return a new model with random weights; `hidden_dim` is the MLP's."""
    return ARCHITECTURES[architecture](n_pixels, hidden_dim, latent_dim, TERMS[term]())


def weights_digest(model: nn.Module) -> str:
    """SHA-256 over the weights, in the model's own order."""
    digest = hashlib.sha256()
    for weight in model.state_dict().values():
        digest.update(weight.cpu().numpy().tobytes())
    return digest.hexdigest()
