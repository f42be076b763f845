"""The page on the loss and how it fell."""
