"""The page that puts two reports side by side."""
