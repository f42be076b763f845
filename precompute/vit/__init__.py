"""The ViT study: where the CLS token attends, and what the model still recognises when masked."""
