"""Figures that the original course report printed; drawn as marks, never mixed with ours."""

from store.schema.clip.names import PHOTO_STYLE, PLAIN_STYLE

LOSS_FIRST, LOSS_LAST = 40.9, 23.9  # training loss, epoch 1 and epoch 10
PROMPT_ACCURACY = {  # of ViT-B/32 CLIP on STL-10, by style of prompt
    PLAIN_STYLE: 0.963,
    PHOTO_STYLE: 0.974,
    "small": 0.962,
}
