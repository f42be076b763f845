"""Datasets of the CLIP study, a module per part.

`image` runs over every labelled image, `text` over every distinct text: prompts (template x
class), then captions. `wording` runs over templates, then over ensembles of templates. `shown` is
the subset of images that the layouts draw.
"""

from store.schema.clip import alignment, layout, modality_gap, prompts
from store.schema.common import COMMON
from store.schema.spec import StudySpec, arrays_in

STUDY = StudySpec("clip", COMMON + arrays_in(prompts, modality_gap, alignment, layout))
