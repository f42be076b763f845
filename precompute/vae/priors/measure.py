"""Latents of each prior, and how far pictures lie from the training images."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precompute.statistics import Estimate, covariance, covariance_distance, matrix_root
from precompute.statistics import mean_over_seeds as mean_over_parts
from precompute.vae.model.networks import Vae
from precompute.vae.model.passes import BATCH
from precompute.vit.model.checkpoint import find_model
from precompute.vit.model.classifier import load_classifier
from store.schema.vae import names

LAPLACE_SCALE = 0.5**0.5  # of a variance of 1, the normal prior's
N_PARTS = 5  # of the pictures, which the interval of a Fréchet distance is over


@torch.inference_mode()
def draw_latents(
    model: Vae, training: Tensor, n: int, rng: np.random.Generator
) -> dict[str, NDArray[np.float32]]:
    """Draw n latents of each prior, (n, D) by name.

    One of the aggregated posterior is drawn from q(z|x) of a training image at random.

    training: (N, P) images.
    """
    dim = model.decoder_hidden.in_features
    chosen = training[torch.from_numpy(rng.integers(0, len(training), n))]
    mean, log_variance = (part.cpu().numpy() for part in model.encode(chosen))
    posterior = mean + np.exp(0.5 * log_variance) * rng.standard_normal((n, dim))
    drawn = {
        names.NORMAL: rng.standard_normal((n, dim)),
        names.LAPLACE: rng.laplace(0, LAPLACE_SCALE, (n, dim)),
        names.AGGREGATED: posterior,
    }
    return {name: values.astype(np.float32) for name, values in drawn.items()}


@torch.inference_mode()
def nearest_images(
    pictures: NDArray[np.float32], training: Tensor
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the training image nearest to each picture and its squared error, both (n,).

    pictures: (n, P). training: (N, P). The error is summed over pixels.
    """
    length = training.square().sum(dim=1)
    nearest = [
        # |t|^2 - 2 p t has its least where |p - t|^2 has
        (length - 2 * batch @ training.T).argmin(dim=1)
        for batch in torch.from_numpy(pictures).to(training.device).split(BATCH)
    ]
    rows = torch.cat(nearest)
    errors = (training[rows].cpu().double() - torch.from_numpy(pictures).double()).square()
    return rows.cpu().numpy(), errors.sum(dim=1).numpy()


class GarmentFeatures:
    """The class token of the embedded ViT after its last layer: what it knows of a garment."""

    def __init__(self, device: torch.device) -> None:
        """Load the ViT, which learned to classify Fashion-MNIST's training images."""
        self._classifier = load_classifier(find_model("embedded"), device)

    def fits(self, n_pixels: int) -> bool:
        """Tell whether pictures of so many pixels have the ViT's own size."""
        height, width = self._classifier.preprocessor.size
        return n_pixels == height * width

    @torch.inference_mode()
    def __call__(self, pictures: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the features (n, 64) of grey pictures (n, P) in [0, 1]."""
        preprocessor, network = self._classifier.preprocessor, self._classifier.network
        features = []
        for batch in torch.from_numpy(pictures).split(BATCH // 8):
            values = preprocessor.normalised(255 * batch.reshape(-1, 1, *preprocessor.size))
            hidden = network.base_model(values.to(network.device)).last_hidden_state
            features.append(hidden[:, 0].cpu())
        return torch.cat(features).double().numpy()


def frechet_distance(features: NDArray, reference: NDArray) -> Estimate:
    """Return the Fréchet distance of features (n, F) to reference ones (m, F).

    It is |mean - mean'|^2 + Tr(A + B - 2 (A B)^(1/2)) of two normal clouds (Heusel et al. 2017).
    Few rows make it too large, so that only distances of as many rows can be compared: it is the
    mean over N_PARTS equal parts, with the t interval over them.
    """
    centre, root = reference.mean(axis=0), matrix_root(covariance(reference))
    size = len(features) // N_PARTS
    parts = features[: size * N_PARTS].reshape(N_PARTS, size, -1)
    distances = [
        np.square(part.mean(axis=0) - centre).sum() + covariance_distance(covariance(part), root)
        for part in parts
    ]
    return mean_over_parts(np.array(distances))
