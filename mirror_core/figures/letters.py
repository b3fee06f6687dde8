"""Colours of letters that the dark version of a figure keeps: what writes that version needs nothing that draws."""

ON_LIGHT, ON_DARK = "#0A0A0A", "#FEFEFE"
"""Black and white of letters on a coloured ground: told apart from those on paper, which a dark page turns round."""
