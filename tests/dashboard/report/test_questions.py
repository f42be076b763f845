"""The course's questions: each has an answer with an interval and a control, and leads on."""

from dashboard import navigation
from dashboard.report import questions
from tests.support import report_states
from tests.support.opened_pages import words


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
