"""viraltracker: a script becomes beats, beats get takes, the picked takes become an episode."""

import os

__all__ = ["__version__"]

__version__ = "0.1.0"

# gRPC reads its environment when it is first imported, by whomever. Its fork handlers wake its threads in a
# child that is about to become another program, with their files closed: 3 of 10 such children died of it.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"
# It writes to stderr on its own about connections that others closed; our errors say it in words.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
