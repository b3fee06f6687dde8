"""Do mirror units emerge when one recurrent core both acts and observes?

An experiment flows one way, and so do the imports of this package: configuration (`config`, `conditions`) →
world → network → training → recording → analysis → figures → pages (`publishing`). Importing the package
itself loads nothing heavy; import the module you need.
"""

__version__ = "0.1.0"
