"""Can each null say no? What it calls where no code is shared, and what it finds where one is planted.

`recorded` and `simulated` ask the nulls, once for each network or batch of populations; `summary` turns their p-values
into shares of units, false discoveries and power; `limit` is the power that very many units would give; `design`
has the situations, and `tables` is what the page shows.
"""
