"""Linear probes: what a linear classifier reads from the CLS token, and from the patches' mean."""
