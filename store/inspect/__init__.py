"""What `python -m store` says of a store."""
