"""Which ingredients make mirror units: every combination of five, their effects, and the subspaces that the modes
occupy."""
