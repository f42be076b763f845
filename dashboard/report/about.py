"""About: where every number comes from, what was left out, and how to check it."""

import json
import shlex

import pandas as pd
import streamlit as st

from dashboard import loaders
from dashboard.loaders import Study
from dashboard.ui import formatting, page_parts
from store.provenance import own_command, own_commit


def provenance_rows(study: Study) -> pd.DataFrame:
    """Return one row per fact: what, value; facts that were not recorded are left out."""
    made = study.provenance
    facts = {
        "report": made.report,
        "profile": made.profile,
        "model": made.model,
        "model revision": made.model_revision,
        "weights, sha256": made.model_digest,
        "data": made.dataset,
        "data, sha256": made.dataset_digest,
        "seed": str(made.seed),
        "device": made.device,
        "versions": ", ".join(f"{name} {version}" for name, version in made.versions.items()),
        "commit": own_commit(made.git_commit),
        "made, UTC": made.created_utc,
        "contents, sha256": study.store.content_hash,
    }
    held = [(what, value) for what, value in facts.items() if value]
    return pd.DataFrame(held, columns=["what", "value"])


def differences(first: Study, second: Study, names: tuple[str, str]) -> pd.DataFrame:
    """Return what is recorded differently about two studies: what, then a column of each name."""
    a, b = (dict(provenance_rows(study).itertuples(index=False)) for study in (first, second))
    facts = [(what, a.get(what, ""), b.get(what, "")) for what in dict.fromkeys([*a, *b])]
    return pd.DataFrame([fact for fact in facts if fact[1] != fact[2]], columns=["what", *names])


def commands(study: Study) -> str:
    """Return the commands that verify this store and that build it again."""
    path = shlex.quote(
        f"store/data/{loaders.readable_name(study.store.path.parent)}/{study.name}.h5"
    )
    lines = [f"python -m store verify {path}", own_command(study.provenance.command)]
    return "\n".join(line for line in lines if line)


def main() -> None:
    """Draw the page."""
    st.title("Where do these numbers come from?", anchor=False)
    st.markdown(
        "Every number on these pages was read from one of the files below. They were written once, "
        "by the command shown, and are never edited."
    )
    for name in loaders.STUDY_NAMES:
        st.subheader(formatting.STUDY_TITLES[name], anchor=False)
        try:
            study = loaders.load_study(name)
        except loaders.StoreError as error:
            page_parts.store_panel(error)
            continue
        rows, about = provenance_rows(study), f"Provenance of the {name} study"
        st.dataframe(rows, hide_index=True, height="content", alt=about)
        made, skipped = study.provenance, study.store.skipped
        with st.expander("Settings and preprocessing"):
            held = {"settings": made.settings, "preprocessing": made.preprocessing}
            st.json(json.dumps(held))  # in ASCII: a folder's name need not be Unicode
        st.markdown(f"**Images left out:** {len(skipped)}")
        if skipped:
            table = {"image": [s.name for s in skipped], "reason": [s.reason for s in skipped]}
            st.dataframe(table, alt="Images that were left out, and why")
        st.markdown("**Check the file** against its own digests, then build it again:")
        st.code(commands(study), language=None, wrap_lines=True)


if __name__ == "__main__":
    main()
