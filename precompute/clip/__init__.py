"""The CLIP study: prompts, the modality gap, alignment and layouts."""
