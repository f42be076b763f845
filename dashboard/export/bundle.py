"""`python -m dashboard.export.bundle` prints Vega, Vega-Lite, Vega-Embed and page.js as one script.

A process of its own, since what bundles them takes 100 MB that it does not give back.
"""

import sys
from pathlib import Path

import vl_convert

if __name__ == "__main__":
    own = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
    sys.stdout.write(vl_convert.javascript_bundle(own))
