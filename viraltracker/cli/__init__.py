"""The `viraltracker` command: the whole studio without a browser, for people and for programs.

In: arguments, files, the settings of the environment. Out: answers on stdout (text, or JSON with `--json`),
progress, warnings and errors on stderr, exit codes. May import everything but `pages`; decides nothing that
the studio decides. Commands import what they need when they run, so that `script check` starts at once.
"""

from viraltracker.cli.root import main

__all__ = ["main"]
