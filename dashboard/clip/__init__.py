"""CLIP's pages: prompts, the modality gap, alignment."""
