"""A report as files: one HTML page that opens from disk, a PDF, and every figure and table.

The pages are run as the site runs them, and what they drew is written down. So whatever a view
draws is exported, and no view knows of it.
"""

import logging
import os

# Before Arrow is loaded: its own pool keeps some 20 MB that a page of tables needed for a moment.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

# Streamlit warns of code that runs outside its server, which is what an export does.
for _name in ("caching.cache_data_api", "scriptrunner_utils.script_run_context"):
    logging.getLogger(f"streamlit.runtime.{_name}").addFilter(lambda record: False)
