"""Tables as pages show them."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from mirror_core.pages.tables import LONG, show, statement


@pytest.mark.parametrize(("caption", "of"), [(["Units"], {}), ([], {"of": "Units"})])
@pytest.mark.parametrize(("n_rows", "folded"), [(LONG, False), (LONG + 1, True)])
def test_a_long_table_is_folded_under_its_name(n_rows, folded, caption, of):
    shown = show(pd.DataFrame({"r": range(n_rows)}), *caption, **of).data
    assert ("<details" in shown) == folded and shown.count("<tr") == n_rows + 1
    assert ("Units" in shown) == (folded or bool(caption)) and (f"{n_rows} rows" in shown) == folded


def test_numbers_beyond_what_one_reads_at_once_are_folded_whole_sentences_and_tags():
    assert "details" not in statement("It holds.", "Of 2.5 units, 1. All in Fig. 2.").data
    many = "word " * 50
    assert "details" not in statement("It holds.", f"{many}. Then {many}, 1.").data
    for said, shown in ((f"{many}0.5. Then {many}.", "0.5."), (f"<em>{many}1. Then</em> 2. Last {many}.", "2.")):
        html = BeautifulSoup(statement("It holds.", said).data, "html.parser")
        assert html.select_one("p.finding").get_text().endswith(shown) and html.select_one("details p")
        assert html.get_text(" ").split()[-1] == "."
