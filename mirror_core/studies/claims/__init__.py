"""The claims of the paper: their rules, the evidence for them from trained networks, and the verdicts."""
