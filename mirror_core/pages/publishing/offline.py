"""Keep the pages free of anything that is fetched from elsewhere."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.config import Config


def leave_thebe_out(app: Sphinx, config: Config) -> None:
    """Silence sphinx-thebe: jupyter-book loads it whatever the settings, and it names a script on a content network."""
    for event, listeners in app.events.listeners.items():
        app.events.listeners[event] = [
            listener for listener in listeners if not listener.handler.__module__.startswith("sphinx_thebe")
        ]
