"""The two towers, and how images and texts go through them."""
