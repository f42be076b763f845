"""The page with every claim and its verdict."""
