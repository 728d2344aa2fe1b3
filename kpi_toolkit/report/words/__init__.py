"""The words of the report: codes become messages here and nowhere else."""

from kpi_toolkit.report.words.codes import reason, rule
from kpi_toolkit.report.words.enums import family, readable, word
from kpi_toolkit.report.words.names import Words, inside, sentence

__all__ = ["Words", "family", "inside", "readable", "reason", "rule", "sentence", "word"]
