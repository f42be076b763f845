"""The images, texts and embeddings that the study starts from."""
