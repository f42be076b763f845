"""Which label each image gets."""
