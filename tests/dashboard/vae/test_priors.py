"""The page on priors: which one comes nearest to real pictures, and what an older report shows."""

from tests.support import report_states
from tests.support.opened_pages import words


def test_the_first_sentence_names_the_nearest_prior(page_of):
    app = page_of("priors", report_states.made_up)
    assert not app.exception
    text = words(app)
    assert "make the pictures nearest to real ones" in text
    assert "Held-out images are at" in text


def test_an_older_report_shows_what_it_has_and_says_so(page_of):
    app = page_of("priors", report_states.archived)
    assert not app.exception
    assert "made before priors were compared" in words(app, "info")
    assert "Latents drawn from N(0, I)" in words(app)
