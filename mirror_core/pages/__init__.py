"""What each page computes and says beyond its figures: one module a notebook, so that notebooks stay thin."""
