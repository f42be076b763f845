"""Masking: how many images keep their label when patches are hidden, and which label comes."""

from dashboard.ui import formatting, pickers
from dashboard.ui import page as ui_page
from dashboard.vit.masking import masked_image, sections
from store.schema.vit import masking

study = ui_page.open_page(
    "Does the label survive when patches are hidden?", "vit", "vit-centre", "vit-random"
)
arms = [
    formatting.titled(arm, formatting.ARM_TITLES) for arm in study.read(masking.MASK_ARM).tolist()
]
fills = study.read(masking.MASK_FILL).tolist()
titles = [formatting.titled(fill, formatting.FILL_TITLES) for fill in fills]
chosen = pickers.pick_few("Hidden patches become", titles, "fill")
fill = titles.index(chosen)

sections.survival(study, arms, fill, chosen)
masked_image.section(study, arms, titles, fill)
sections.fills(study, titles)
sections.contiguity(study, fill, chosen)
sections.wrong_labels(study, titles, fill)
ui_page.method("masking")
