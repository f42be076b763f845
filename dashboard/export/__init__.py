"""A report as files: one HTML page that opens from disk, a PDF, and every figure and table.

The pages are run as the site runs them, and what they drew is written down. So whatever a view
draws is exported, and no view knows of it.
"""
