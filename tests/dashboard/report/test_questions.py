"""The course's questions: each has an answer with an interval and a control, and leads on."""

import math
from pathlib import Path

from dashboard import loaders, navigation
from dashboard.export.questions import as_markdown
from dashboard.report import questions
from tests.support import report_states
from tests.support.opened_pages import words

ROOT = Path(__file__).resolve().parents[3]


def committed():
    return loaders.load_all(loaders.FIRST_REPORT)[0]


def test_every_question_has_a_value_an_interval_and_a_control():
    gaps = [
        question.words
        for question, answer in questions.answers(committed())
        if answer is None or any(map(math.isnan, (*answer.estimate, answer.control)))
    ]
    assert not gaps
    assert len(questions.QUESTIONS) == 16


def test_the_document_is_what_the_committed_report_says():
    written = (ROOT / "docs/questions.md").read_text(encoding="utf-8")
    assert written == as_markdown(committed()), "write it again: make questions"


def test_every_page_of_a_study_that_answers_is_linked_once_for_each_question(page_of):
    app = page_of("questions", report_states.committed)
    links = [one.proto.page for one in app.main if one.type == "page_link"]
    paths = [navigation.PAGES[question.page].url_path for question in questions.QUESTIONS]
    assert links == paths


def test_what_a_report_does_not_say_is_said_to_be_missing(page_of):
    app = page_of("questions", report_states.photographs)
    assert not app.exception
    of_others = [question for question in questions.QUESTIONS if question.study != "vit"]
    assert words(app).count("This report does not say.") >= len(of_others)
