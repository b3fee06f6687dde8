"""Tables as pages show them."""

import pandas as pd
import pytest

from mirror_core.pages.tables import LONG, show


@pytest.mark.parametrize(("caption", "of"), [(["Units"], {}), ([], {"of": "Units"})])
@pytest.mark.parametrize(("n_rows", "folded"), [(LONG, False), (LONG + 1, True)])
def test_a_long_table_is_folded_under_its_name(n_rows, folded, caption, of):
    shown = show(pd.DataFrame({"r": range(n_rows)}), *caption, **of).data
    assert ("<details" in shown) == folded and shown.count("<tr") == n_rows + 1
    assert ("Units" in shown) == (folded or bool(caption)) and (f"{n_rows} rows" in shown) == folded
