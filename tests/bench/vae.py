"""What the VAE study costs: an epoch beside the usual loop."""

import gzip
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision.datasets import FashionMNIST
from torchvision.transforms import ToTensor

from precompute.settings import load_profile
from precompute.vae.settings import own_model
from precompute.vae.training.train import _Run
from tests.bench.row import Bound, Row, seconds_side_by_side

ROOT = Path(__file__).parents[2]
EMBEDDED = ROOT / "precompute" / "embedded" / "fashion-mnist"
SETTINGS = load_profile("embedded").study("vae")
TIMED, WARM_UP = 2, 1  # epochs; both loops have trained for their sum when losses are compared


def rows() -> Iterator[Row]:
    """Yield the VAE's rows."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with TemporaryDirectory() as folder:
        images = dataset(Path(folder))
        usual = UsualLoop(images, device)
        ours = own_loop(images, device)
        yield from _training(ours, usual, device)
    if device.type == "cuda":
        yield _whole_training(ours)


def dataset(folder: Path) -> FashionMNIST:
    """Fashion-MNIST's training images as torchvision reads them."""
    raw = folder / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for packed in EMBEDDED.glob("*.gz"):
        (raw / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    return FashionMNIST(folder, train=True, transform=ToTensor())


class UsualVae(nn.Module):
    """The course's network as it is usually written, a layer of torch's after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            *(nn.Conv2d(1, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 4, 2, 1), nn.ReLU()),
            *(nn.Flatten(), nn.Linear(64 * 49, 256), nn.ReLU()),
        )
        self.mean = nn.Linear(256, SETTINGS.latent_dim)
        self.log_variance = nn.Linear(256, SETTINGS.latent_dim)
        self.decoder = nn.Sequential(
            *(nn.Linear(SETTINGS.latent_dim, 256), nn.ReLU(), nn.Linear(256, 64 * 49), nn.ReLU()),
            *(nn.Unflatten(1, (64, 7, 7)), nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ReLU()),
            *(nn.ConvTranspose2d(32, 1, 4, 2, 1), nn.Sigmoid()),
        )


class UsualLoop:
    """The structure of the PyTorch example: dataset, ToTensor, DataLoader, `.item()` each step."""

    def __init__(self, images: FashionMNIST, device: torch.device) -> None:
        self.device, self.n_images = device, len(images)
        self.loader = DataLoader(images, SETTINGS.batch_size, shuffle=True, num_workers=2)
        torch.manual_seed(SETTINGS.seed)
        self.model = UsualVae().to(device)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=SETTINGS.learning_rate)
        self.loss = 0.0

    def epoch(self) -> None:
        self.model.train()
        total = 0.0
        for images, _ in self.loader:
            self.optimiser.zero_grad()
            loss = self._loss(images.to(self.device))
            loss.backward()
            total += loss.item()
            self.optimiser.step()
        self.loss = total / self.n_images

    def _loss(self, images: Tensor) -> Tensor:
        units = self.model.encoder(images)
        mean, log_variance = self.model.mean(units), self.model.log_variance(units)
        deviation = torch.exp(0.5 * log_variance)
        reconstruction = self.model.decoder(mean + torch.randn_like(deviation) * deviation)
        error = torch.nn.functional.mse_loss(reconstruction, images, reduction="sum")
        kl = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
        return error + SETTINGS.kl_weight * kl


def own_loop(images: FashionMNIST, device: torch.device) -> _Run:
    """The study's own loop on the same images, held out ones left away as in the usual loop."""
    pixels = (images.data.flatten(1) / 255).to(device)
    return _Run(SETTINGS, own_model(SETTINGS), pixels, pixels[:1])


def _training(ours: _Run, usual: UsualLoop, device: torch.device) -> Iterator[Row]:
    on_gpu = device.type == "cuda"
    mine, peer = seconds_side_by_side(ours.epoch, usual.epoch, repeats=TIMED, warm_up=WARM_UP)
    peer_name = "torchvision dataset, ToTensor, DataLoader with 2 workers"
    yield Row(
        work=f"train the VAE for one epoch of 60,000 images ({device.type})",
        ours=mine,
        unit="s",
        peer=peer,
        peer_name=peer_name,
        limited_by="kernel launches" if on_gpu else "the cores' arithmetic",
        bound=Bound("at most", 1 / 20 if on_gpu else 1 / 2, of="ratio"),
    )
    yield Row(
        work=f"training loss after {TIMED + WARM_UP} epochs",
        ours=ours.curves[-1][0][0],
        unit="per image",
        peer=usual.loss,
        peer_name=peer_name,
        limited_by="the model",
        bound=Bound("at most", 1.01, of="ratio"),
    )


def _whole_training(ours: _Run) -> Row:
    again = _Run(SETTINGS, replace(own_model(SETTINGS), seed=1), ours.images, ours.held_out)
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(SETTINGS.epochs):
        again.epoch()
    torch.cuda.synchronize()
    return Row(
        work="train the VAE for 10 epochs of 60,000 images (cuda)",
        ours=time.perf_counter() - start,
        unit="s",
        limited_by="kernel launches",
        bound=Bound("at most", 5, of="figure"),
    )
