"""The stored decoder, run in NumPy: drawing, and the one thing on a page that is computed there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.loaders import Study
from store.schema.vae import latent_space


@dataclass(frozen=True)
class Decoder:
    """Weights of one hidden layer and of the output: sigmoid(relu(z A + a) B + b)."""

    hidden_weight: NDArray[np.float32]  # A, (D, H)
    hidden_bias: NDArray[np.float32]  # a, (H,)
    output_weight: NDArray[np.float32]  # B, (H, P)
    output_bias: NDArray[np.float32]  # b, (P,)

    def picture(self, latent: NDArray) -> NDArray:
        """Return the picture of one latent, (D,) -> (side, side) in [0, 1]."""
        units = np.maximum(latent.astype(np.float32) @ self.hidden_weight + self.hidden_bias, 0)
        logits = units @ self.output_weight + self.output_bias
        side = round(len(logits) ** 0.5)
        return (0.5 + 0.5 * np.tanh(logits / 2)).reshape(side, side)  # the sigmoid, no overflow


def stored_decoder(study: Study) -> Decoder:
    """Read the decoder's weights from the store."""
    return Decoder(
        study.read(latent_space.DECODER_HIDDEN_WEIGHT),
        study.read(latent_space.DECODER_HIDDEN_BIAS),
        study.read(latent_space.DECODER_OUTPUT_WEIGHT),
        study.read(latent_space.DECODER_OUTPUT_BIAS),
    )
