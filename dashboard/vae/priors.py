"""Priors: what is decoded from latents of three priors, and how near it comes to real pictures."""

import pandas as pd
import streamlit as st

from dashboard.charts import image_encoding
from dashboard.loaders import Study, cached
from dashboard.ui import figures, formatting, page_parts, pictures
from dashboard.vae import titles
from store.schema.vae import latent_space, names, priors

ACROSS = 4  # pictures of a wall
TILE_PX = 84


def sources(study: Study) -> dict[str, str]:
    """Return where pictures come from, in the store's order, by name with the reader's words."""
    stored = study.read(priors.SOURCE).tolist()
    return {name: formatting.titled(name, titles.SOURCES) for name in stored}


def main_sentence(study: Study) -> tuple[str, str]:
    """Say which prior makes the pictures nearest to real ones, and by how much."""
    distances = study.read(priors.FRECHET_DISTANCE)[:, 0].tolist()
    near = {name: distances[study.row(priors.SOURCE, name)] for name in names.SOURCES}
    generated = {name: near[name] for name in names.GENERATED}
    best = min(generated, key=lambda name: generated[name])
    if generated[best] != generated[best]:  # NaN: another size of pictures
        return "Three priors, decoded by the same network.", ""
    words = sources(study)
    others = [f"{generated[name]:.1f} for {words[name]}" for name in generated if name != best]
    return (
        f"Latents from {words[best]} make the pictures nearest to real ones.",
        f"Their Fréchet distance to training images is {generated[best]:.1f}, against "
        f"{' and '.join(others)}. Held-out images are at {near[names.HELD_OUT_IMAGES]:.1f}, "
        f"their reconstructions at {near[names.RECONSTRUCTIONS]:.1f}.",
    )


@cached(max_entries=8)
def walls(study: Study) -> None:
    """Draw a wall of pictures of each prior, side by side."""
    words = sources(study)
    generated = [name for name in words if name in names.GENERATED]
    for place, name in zip(st.columns(len(generated)), generated, strict=True):
        with place:
            st.markdown(f"**{formatting.capitalised(words[name])}**")
            tiles = list(study.read(priors.PICTURE, list(words).index(name)))[: ACROSS**2]
            rows = [
                image_encoding.stacked(tiles[start : start + ACROSS], across=True)
                for start in range(0, len(tiles), ACROSS)
            ]
            wall = image_encoding.stacked([row for row in rows if row.shape == rows[0].shape])
            uri = image_encoding.enlarged_uri(wall, ACROSS * TILE_PX)
            st.image(uri, width="stretch", alt=f"Pictures decoded from latents of {words[name]}")


@cached(max_entries=8)
def nearest(study: Study) -> None:
    """Draw pictures of each source over the training images that look most like them."""
    st.caption("Above, pictures of each source; below each, the training image nearest to it.")
    for row, words in enumerate(sources(study).values()):
        st.markdown(f"**{formatting.capitalised(words)}**")
        pairs = zip(
            study.read(priors.PICTURE, row), study.read(priors.NEAREST_PICTURE, row), strict=True
        )
        columns = [image_encoding.stacked(list(pair)) for pair in pairs]
        pictures.film(columns[: 4 * ACROSS], f"{words}, each over its nearest training image")


def distances(study: Study) -> None:
    """Draw both distances of every source."""
    words = [formatting.capitalised(one) for one in sources(study).values()]
    real = [formatting.capitalised(titles.SOURCES[name]) for name in titles.REAL_SOURCES]
    n, n_reference = int(study.read(priors.N_PICTURES)), int(study.read(priors.N_REFERENCE))
    st.subheader("Do they look like real pictures?", anchor=False)
    st.caption(
        f"Fréchet distance of {n:,} pictures of each source to {n_reference:,} training images, in "
        f"the features of the small ViT on Fashion-MNIST. Smaller is nearer. Held-out images show "
        f"how small it gets with so many pictures, reconstructions what this decoder can reach."
    )
    page_parts.intervals(
        *(words, study.read(priors.FRECHET_DISTANCE), "Fréchet distance"),
        "Fréchet distance of each source of pictures to training images.",
        controls=real,
        zero=True,
    )
    st.subheader("Are they copies of training images?", anchor=False)
    st.caption(
        f"Squared error of each picture to the training image nearest to it, mean over {n:,} "
        f"pictures. A copy would be at 0. Blurred pictures lie nearer than sharp ones, so compare "
        f"generated pictures with reconstructions."
    )
    page_parts.intervals(
        *(words, study.read(priors.MEAN_NEAREST_ERROR), "squared error per image"),
        "Squared error of each source of pictures to the nearest training image.",
        controls=real,
        zero=True,
    )


@cached(max_entries=8)
def older_samples(study: Study) -> None:
    """Draw what older reports have: draws of the normal prior over their nearest test images."""
    captions = [f"{error:.1f}" for error in study.read(latent_space.NEAREST_ERROR)[:, 0]]
    tiles = []
    for row in range(len(captions)):
        column = [study.read(latent_space.PRIOR_SAMPLE, row)]
        column += list(study.read(latent_space.NEAREST_PIXELS, row))
        tiles.append(image_encoding.enlarged_uri(image_encoding.stacked(column), 56))
    about = [f"Prior sample {n} over its nearest test images" for n in range(1, len(tiles) + 1)]
    st.caption(
        f"Latents drawn from N(0, I), then decoded. Below, the {study.size('rank')} test images "
        f"nearest to each and the least squared error to one."
    )
    st.image(tiles, caption=captions, width=56, alt=about)


def distances_frame(study: Study) -> pd.DataFrame:
    """Return both distances of every source with their intervals."""
    rows = (study.read(priors.FRECHET_DISTANCE), study.read(priors.MEAN_NEAREST_ERROR))
    columns = [[formatting.with_interval(*row) for row in table] for table in rows]
    return pd.DataFrame(
        {
            "source": list(sources(study).values()),
            "Fréchet distance": columns[0],
            "squared error to the nearest training image": columns[1],
        }
    )


def main() -> None:
    """Draw the page."""
    study = page_parts.open_page("priors", "Which prior makes pictures like the real ones?")
    if not study.has(priors.PICTURE, priors.FRECHET_DISTANCE):
        st.info("This report was made before priors were compared. Make it again to see that.")
        older_samples(study)
        return
    page_parts.statement(*filter(None, main_sentence(study)))
    walls(study)
    distances(study)
    with st.expander("The nearest training image of each picture"):
        nearest(study)
    figures.numbers(distances_frame(study), "Distances of every source")


if __name__ == "__main__":
    main()
