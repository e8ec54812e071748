"""viraltracker: a script becomes beats, beats get takes, the picked takes become an episode."""

__all__ = ["__version__"]

__version__ = "0.1.0"
