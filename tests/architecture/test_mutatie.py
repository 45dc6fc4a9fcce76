"""What `make mutatie` compares with: explanations of code that is still there, keyed so that they can be found again."""

from services.match.tests import mutatie


def test_each_explained_survivor_is_about_a_line_that_still_stands() -> None:
    for each, waarom in mutatie.verklaard().items():
        module = (mutatie.SOURCE / each.functie.replace(".", "/")).parent
        file = next(file for file in (module.with_suffix(".py"), module.parent.with_suffix(".py")) if file.exists())
        code = {regel.strip() for regel in file.read_text().splitlines()}
        assert set(each.was.splitlines()) <= code, each
        assert len(waarom.split()) >= 5, each


def test_a_mutation_is_known_by_function_and_change_whatever_its_number() -> None:
    diff = "--- a.py\n+++ a.py\n@@ -1,3 +1,3 @@\n     x\n-    y = 1\n+    y = 2\n"
    verwacht = ("match.domain.paren._paar", "y = 1", "y = 2")
    for naam in ("match.domain.paren.x__paar__mutmut_4", "match.domain.paren.x__paar__mutmut_17"):
        assert mutatie.uit_diff(naam, diff) == verwacht
    methode = mutatie.uit_diff("match.domain.match.x\u01c1Match\u01c1herzien__mutmut_7", diff)
    assert methode.functie == "match.domain.match.Match.herzien"
