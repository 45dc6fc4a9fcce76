"""What `make mutatie` plants, and that what it takes for explained is about code that is still there."""

import ast
import textwrap
from pathlib import Path

import pytest
from tests.mutatie import __main__ as mutatie
from tests.mutatie import planten
from tests.mutatie.planten import Mutatie, Plant

from lokaal.services import SERVICES


def gepland(folder: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> list[Plant]:
    monkeypatch.setattr(planten, "ROOT", folder)
    file = folder / "code.py"
    file.write_text(textwrap.dedent(source))
    return list(planten.planten(file))


def test_each_explained_survivor_can_still_be_planted() -> None:
    te_planten = {plant.mutatie for laag in mutatie.lagen() for file in laag.files for plant in planten.planten(file)}
    for each, waarom in mutatie.verklaard().items():
        assert each in te_planten, each
        assert len(waarom.split()) >= 5, each


def test_the_domain_and_the_repositories_of_every_service_are_planted() -> None:
    lagen = {str(laag): laag for laag in mutatie.lagen()}
    for service in SERVICES:
        for code in ("domain", "adapters/db"):
            laag = lagen[f"{service.name} {code}"]
            assert laag.files, laag
            assert laag.places, laag


@pytest.mark.parametrize(
    ("source", "wordt"),
    [
        ("x = a < b", {"a <= b"}),
        ("x = 1 <= a < b", {"1 < a < b", "1 <= a <= b", "2 <= a < b"}),
        ("x = a and not b", {"a or not b", "not b", "a", "a and b"}),
        ("x = select(a).where(b, c)", {"select(a)", "select(a).where(c)", "select(a).where(b)"}),
        (
            "x = q.order_by(a, b.desc())",
            {"q", "q.order_by(b.desc(), a)", "q.order_by(b.desc())", "q.order_by(a)", "q.order_by(a, b)"},
        ),
        ("x = q.on_conflict_do_nothing()", {"q"}),
        (
            "x = q.with_for_update(skip_locked=True)",
            {"q", "q.with_for_update()", "q.with_for_update(skip_locked=False)"},
        ),
        ("x = q.values(a=b, c=d)", {"q.values(c=d)", "q.values(a=b)"}),
        ("x = q.join(a)", {"q.outerjoin(a)"}),
        ("x = [a for a in b if c]", {"[a for a in b]"}),
        ("raise Fout(a)", {"pass"}),
        ("if a:\n    b()", {"if not a:\n    b()", "if a:\n    pass"}),
        ("@dataclass(frozen=True)\nclass A(B):\n    x: int | None", set()),
    ],
)
def test_a_mistake_is_one_change_to_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, wordt: set[str]
) -> None:
    gevonden = {ast.unparse(plant.tree).removeprefix("x = ") for plant in gepland(tmp_path, monkeypatch, source)}
    assert gevonden == wordt


def test_a_mistake_stays_the_same_one_when_code_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (voor,) = gepland(tmp_path, monkeypatch, "y = a < b")
    (na,) = gepland(tmp_path, monkeypatch, "def f():\n    pass\n\n\ny = a < b")
    assert voor.mutatie == na.mutatie == Mutatie("code.py", "y = a < b", "… <= b")


def test_a_sample_is_the_same_each_time_and_holds_what_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alle = gepland(tmp_path, monkeypatch, "\n".join(f"x{n} = a < b" for n in range(9)))
    eerste = mutatie.steekproef(alle, 3, 1, {})
    assert len(eerste) == 3
    assert eerste == mutatie.steekproef(alle, 3, 1, {}) != mutatie.steekproef(alle, 3, 2, {})
    for each in alle:
        assert each in mutatie.steekproef(alle, 1, 1, {each.mutatie: "why"})
