"""From notebook sources to pages: the papermill reader and the Sphinx extension that executes stale notebooks."""
