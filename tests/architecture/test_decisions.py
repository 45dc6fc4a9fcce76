"""Every decision is one page of one form (docs/decisions/README.md), is listed there, and leads to what exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "decisions"
PAGES = sorted(each for each in FOLDER.iterdir() if each.name != "README.md")
HEADINGS = ["Context", "Choice", "Consequences", "Way back"]
MOST_LINES = 60
_STATUS = re.compile(r"(Accepted|Replaced by \d{4}), \d{4}-\d{2}-\d{2}[.;]")


def _headings(markdown: str) -> list[str]:
    return re.findall(r"^## (.+)$", markdown, re.MULTILINE)


def _anchors(markdown: str) -> set[str]:
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in _headings(markdown)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_decision_is_one_page_of_the_one_form(page: Path) -> None:
    text = page.read_text()
    title, empty, status, *others = text.splitlines()
    assert re.fullmatch(rf"# {page.name[:4]} \S.*", title)
    assert not empty
    assert _STATUS.match(status)
    assert _headings(text) == HEADINGS
    assert "Look again when" in text.split("## Way back")[1].replace("\n", " ")
    assert len(others) + 3 <= MOST_LINES


def test_numbers_have_no_gaps_and_the_list_is_whole() -> None:
    names = [each.name for each in PAGES]
    assert all(re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", each) for each in names)
    assert [int(each[:4]) for each in names] == list(range(1, len(names) + 1))
    listed = re.findall(r"^\| \[(\d{4})\]\((.+?)\) \| \S", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert listed == [(each[:4], each) for each in names]


@pytest.mark.parametrize("page", [*PAGES, FOLDER / "README.md", ROOT / "docs" / "performance.md"], ids=lambda p: p.name)
def test_what_a_page_leads_to_exists(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        target, _, anchor = link.partition("#")
        assert (page.parent / target).is_file()
        assert not anchor or anchor in _anchors((page.parent / target).read_text())
