"""Does a result depend on the choices? What a table of a random sweep says about each of them.

The sampling unit is the trained network, one row of the table. Choices are drawn independently of each other, so that
the networks that share a value are a fair sample of all others: differences between them are the choice's own effect.

The sweep is declared in `book/data/specification-*.toml`, one file a kind of core; its table is
`book/data/specification.parquet`.
"""
