"""The claims of the paper: their rules, the evidence for them from trained networks, and the verdicts.

`claims.yml` has each claim, its parts, which rule each part is judged by and with which limits; `rules_of_parts` has
the rules; `verdicts` makes one verdict of the parts.
"""
