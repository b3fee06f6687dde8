"""A report on anybody's recordings: are there mirror units in this network?"""

from mirror_core.report.analysing import analyse, analyse_file, analyse_recording
from mirror_core.report.reading import read_file
from mirror_core.report.results import Reading, Report, Section, Settings

__all__ = ["Reading", "Report", "Section", "Settings", "analyse", "analyse_file", "analyse_recording", "read_file"]
