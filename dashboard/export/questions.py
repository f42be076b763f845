"""Write docs/questions.md, the course's questions and the committed report's answers to them.

`python -m dashboard.export.questions` prints it.
"""

import sys

from dashboard import loaders, navigation
from dashboard.loaders import Study
from dashboard.report import questions
from dashboard.ui import formatting

HEADING = """# The course's questions, answered

Each question, the number that answers it with its 95% interval, and the control beside it, from
the report in `store/data/embedded`. The page that is named shows more. `make questions` writes
this file.

| | question | page | answer (95% interval) | control | n |
|---|---|---|---|---|---|
"""


def as_markdown(studies: dict[str, Study]) -> str:
    """Return the file. Raises LookupError: a question has no answer."""
    table = ""
    for number, (question, answer) in enumerate(questions.answers(studies), start=1):
        if answer is None:
            raise LookupError(f"question {number}, {question.words!r}, has no answer")
        page = navigation.PAGES[question.page]
        where = f"{formatting.STUDY_TITLES[question.study]}, {page.title}"
        cells = (f"{number}", question.words, where, f"{answer.measured}, {answer.unit}")
        table += f"| {' | '.join((*cells, answer.beside, answer.n))} |\n"
    return HEADING + table


if __name__ == "__main__":
    sys.stdout.write(as_markdown(loaders.load_all(loaders.FIRST_REPORT)[0]))
