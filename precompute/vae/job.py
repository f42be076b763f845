"""The VAE study from images to its results."""

from dataclasses import asdict, replace

import numpy as np
import torch
from numpy.typing import NDArray

from precompute.cli.progress import bar
from precompute.data.image_set import drawing_order
from precompute.errors import InputError
from precompute.job import Inputs, JobContext, Measured, ModelIdentity, run_key, step_key
from precompute.statistics import Estimate, bootstrap_mean
from precompute.study import Results
from precompute.vae.collapse.summary import collapse_arrays
from precompute.vae.latent_space import summary as latents
from precompute.vae.latent_space.measure import class_agrees, projected_agrees
from precompute.vae.model.networks import Vae, build, weights_digest
from precompute.vae.model.passes import Passes, two_passes
from precompute.vae.priors.summary import generated_arrays
from precompute.vae.reconstructions import claim, linear_baselines
from precompute.vae.reconstructions import summary as copies
from precompute.vae.settings import VaeSettings, first_epoch_points, own_model, seeds_of
from precompute.vae.sweep.summary import run_sweep, sweep_arrays
from precompute.vae.training.images import Images, open_images, open_parts
from precompute.vae.training.train import Trained, train
from precompute.vae.training.training_shards import Trainer
from store.schema import STUDIES, ArraySpec
from store.schema.vae import latent_space, names, reconstructions

STUDY = "vae"
FIRST_EPOCHS = (
    *(reconstructions.FIRST_EPOCH_BATCH, reconstructions.FIRST_EPOCH_RATE),
    reconstructions.FIRST_EPOCH_LOSS,
)


def inspect(settings: VaeSettings, context: JobContext) -> Inputs:
    """Open the held-out images; the model is trained in the job and has no digest yet.

    What it is trained on stands for its revision: with other training images it is another model.
    """
    training, images = open_parts(settings, context.data)
    if not images.class_names:
        raise InputError(f"{images.name}: the VAE study needs labels: one sub-folder per class.")
    name = f"{settings.architecture} VAE with {settings.latent_dim} latents, trained in this job"
    preprocessing = {"pixel_range": [0, 1], "channels": 1}
    revision = f"training images {training.digest}"
    return Inputs(images, ModelIdentity(name, revision, "", preprocessing))


def measure(settings: VaeSettings, inputs: Inputs, context: JobContext) -> Measured:
    """Train the own model and the sweep, and measure them.

    Every summary needs a trained model or the images, so all arrays are made here.
    """
    images = open_images(settings, context.data, context.device)
    trainer = Trainer(
        settings,
        context.data,
        context.shard_folder(STUDY),
        training_run_key(settings, inputs, context.device),
        context.device,
        images.held_out.shape[1],
    )
    seeds = seeds_of(own_model(settings), settings.n_seeds)
    own = trainer(seeds[:1], "training the VAE")
    own += trainer(seeds[1:], "training it with other seeds")
    firsts = trainer(first_epoch_points(settings), "training first epochs")
    fit = linear_baselines.principal(
        images.train.cpu().numpy(), max(settings.latent_dim, *settings.sweep_latent_dims)
    )
    samples = np.sort(drawing_order(len(images.held_out), settings.seed)[: settings.n_samples])
    points = run_sweep(settings, images, samples, trainer)
    class_names = inputs.images.class_names
    arrays, loss, controls = _measure(settings, own, firsts, images, fit, samples, class_names)
    arrays |= sweep_arrays(points, settings, images, fit)
    arrays |= collapse_arrays(settings, images.held_out.shape[1], fit, trainer)
    model = replace(inputs.model, digest=weights_digest(own[0].model))
    by_path = {spec.path: np.asarray(values) for spec, values in arrays.items()}
    facts = {"loss": asdict(loss), "class_names": class_names}
    return Measured(by_path | controls, facts, model)


def summarise(settings: VaeSettings, measured: Measured) -> Results:
    """Return the measured arrays and the three claims that rest on them."""
    known = STUDIES[STUDY].by_path()
    arrays = {known[path]: values for path, values in measured.arrays.items() if path in known}
    facts = dict(measured.facts["loss"])
    loss = claim.LossEvidence(train=Estimate(**facts.pop("train")), **facts)
    claims = (
        claim.loss_claim(loss),
        claim.blur_claim(
            arrays[reconstructions.DETAIL],
            arrays[reconstructions.LAPLACIAN_RATIO],
            arrays[reconstructions.DETAIL_BLURRED],
            arrays[reconstructions.DETAIL_SHARPENED],
        ),
        claim.reencode_claim(
            arrays[reconstructions.CLASS_AGREES],
            {name: measured.arrays[name] for name in claim.CONTROL_WORDS},
            arrays[reconstructions.LATENT_DRIFT],
            arrays[reconstructions.SECOND_PASS_RATIO],
        ),
    )
    return Results(arrays, claims, tuple(measured.facts["class_names"]))


def training_run_key(settings: VaeSettings, inputs: Inputs, device: torch.device) -> str:
    """Return the key of the trainings' shards: of the run, its training images and kind of device.

    Two kinds of device draw other random numbers, so that their trainings are not the same.
    """
    given = {"device": device.type, "training images": inputs.model.revision}
    run = run_key(settings, inputs)
    return step_key(run, Trainer.__module__, train, open_images, given=given)


def _measure(
    settings: VaeSettings,
    own: list[Trained],
    firsts: list[Trained],
    images: Images,
    fit: linear_baselines.Principal,
    samples: NDArray,
    class_names: tuple[str, ...],
) -> tuple[dict[ArraySpec, NDArray], claim.LossEvidence, dict[str, NDArray[np.bool_]]]:
    """Return the datasets of the own model, and what two claims rest on beside them."""
    trained, model, labels = own[0], own[0].model, images.labels
    rng = np.random.default_rng(settings.seed)
    n_resamples = settings.n_bootstrap
    with bar("measuring the VAE", 7, "parts") as advance:
        passes = two_passes(model, images.held_out)
        advance(note="errors")
        pca_errors = linear_baselines.pca_error(fit, passes.images, settings.latent_dim)
        arrays = copies.image_arrays(passes, labels, pca_errors, settings)
        error = arrays[reconstructions.SQUARED_ERROR]
        errors = copies.baseline_errors(error, fit, passes.images, settings)
        arrays |= copies.baseline_arrays(errors, rng, n_resamples)
        arrays |= copies.sample_arrays(passes, samples)
        arrays |= copies.extreme_arrays(passes, error, settings.n_extremes)
        arrays |= copies.class_arrays(error, labels, class_names, rng, n_resamples)
        arrays |= copies.curve_arrays(settings, trained, passes.images.shape[1], len(labels))
        arrays |= copies.training_arrays(settings, own, firsts)
        arrays |= latents.latent_arrays(passes, model, settings)
        advance(note="layouts")
        arrays |= latents.layout_arrays(passes.mean, settings, rng)
        advance(note="nearest images")
        arrays |= latents.prior_arrays(model, passes.images, settings, rng)
        arrays |= latents.decoder_arrays(model)
        advance(note="repeated passes")
        arrays |= latents.repetition_arrays(
            passes, labels, len(class_names), model, samples, settings, rng
        )
        advance(note="priors")
        arrays |= generated_arrays(model, images, settings)
        advance(note="controls")
        in_use = int(arrays[latent_space.ACTIVE_BY_VARIANCE].sum())
        in_use_error = linear_baselines.pca_error(fit, passes.images, in_use)
        loss = _loss_evidence(settings, trained, errors, float(in_use_error.mean()), arrays, rng)
        controls = _controls(settings, images, passes, rng)
        advance(note="done")
    return arrays, loss, controls


def _controls(
    settings: VaeSettings, images: Images, passes: Passes, rng: np.random.Generator
) -> dict[str, NDArray[np.bool_]]:
    """Return which latents keep their neighbours' class where nothing was learned, by control."""
    labels, n_neighbours = images.labels, settings.n_neighbours
    other = passes.second_mean[rng.permutation(len(labels))]  # each image another's latent
    seed = own_model(settings).seed
    untrained = two_passes(untrained_model(settings, images), images.held_out)
    return {
        claim.SHUFFLED: class_agrees(passes.mean, labels, other, n_neighbours),
        claim.PROJECTED: projected_agrees(
            passes.images, labels, settings.latent_dim, n_neighbours, seed
        ),
        claim.UNTRAINED: class_agrees(untrained.mean, labels, untrained.second_mean, n_neighbours),
    }


def untrained_model(settings: VaeSettings, images: Images) -> Vae:
    """Return the own model as its training began."""
    point = own_model(settings)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(point.seed)
        model = build(
            point.architecture,
            point.term,
            images.held_out.shape[1],
            settings.hidden_dim,
            point.latent_dim,
        )
    return model.to(images.held_out.device).eval()


def _loss_evidence(
    settings: VaeSettings,
    trained: Trained,
    errors: dict[str, NDArray],
    in_use_error: float,
    arrays: dict[ArraySpec, NDArray],
    rng: np.random.Generator,
) -> claim.LossEvidence:
    first_epochs = [arrays[spec].tolist() for spec in FIRST_EPOCHS if spec in arrays]
    return claim.LossEvidence(
        first_train=float(trained.curves[0, 0, 0]),
        train=bootstrap_mean(trained.last_train_losses, rng, settings.n_bootstrap),
        by_seed=tuple(arrays[reconstructions.LAST_BY_SEED].tolist()),
        first_epochs=tuple(zip(*first_epochs, strict=True)),
        held_out=float(trained.curves[-1, 1, 0]),
        n_train=len(trained.last_train_losses),
        mean_image_error=float(errors[names.MEAN_IMAGE].mean()),
        vae_error=float(errors[names.OWN_MODEL].mean()),
        pca_error=float(errors[names.pca_baseline(settings.latent_dim)].mean()),
        pca_in_use_error=in_use_error,
        n_active=int(arrays[latent_space.ACTIVE_BY_VARIANCE].sum()),
        n_active_by_kl=int(arrays[latent_space.ACTIVE_BY_KL].sum()),
        sigma=float(arrays[reconstructions.IMPLIED_SIGMA]),
        latent_dim=settings.latent_dim,
        epochs=settings.epochs,
        kl_weight=settings.kl_weight,
        images=settings.images,
    )
