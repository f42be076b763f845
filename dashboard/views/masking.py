"""Masking: how many images keep their label when patches are hidden, and which label comes."""

from dashboard import frame, masked_picture, masking_sections, pickers, wording
from store.schema import masking

study = frame.open_page(
    "Does the label survive when patches are hidden?", "vit", "vit-centre", "vit-random"
)
arms = [wording.titled(arm, wording.ARM_TITLES) for arm in study.read(masking.MASK_ARM).tolist()]
fills = study.read(masking.MASK_FILL).tolist()
titles = [wording.titled(fill, wording.FILL_TITLES) for fill in fills]
chosen = pickers.pick_few("Hidden patches become", titles, "fill")
fill = titles.index(chosen)

masking_sections.survival(study, arms, fill, chosen)
masked_picture.section(study, arms, titles, fill)
masking_sections.fills(study, titles)
masking_sections.contiguity(study, fill, chosen)
masking_sections.wrong_labels(study, titles, fill)
frame.method("masking")
