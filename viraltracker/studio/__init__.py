"""The composition root: the only package that knows every concrete class.

In: settings. Out: one `Studio` per process, from which pages, commands and the job worker get everything. May
import all that stands below it.
"""

from viraltracker.store import Seat
from viraltracker.studio.engines import make_engines, voice_workers
from viraltracker.studio.example import make_example
from viraltracker.studio.moving import (
    ExportedProject,
    ImportedProject,
    ImportedSession,
    export_project,
    import_project,
)
from viraltracker.studio.opening import open_studio
from viraltracker.studio.people import LOCAL_USER, Colleague, Deed, Guest, People, Person, Role, Theirs
from viraltracker.studio.stores import Database, Stores, open_database, open_stores, vendors
from viraltracker.studio.studio import Activity, Desk, Parcel, Studio

__all__ = [
    "LOCAL_USER",
    "Activity",
    "Colleague",
    "Database",
    "Deed",
    "Desk",
    "ExportedProject",
    "Guest",
    "ImportedProject",
    "ImportedSession",
    "Parcel",
    "People",
    "Person",
    "Role",
    "Seat",
    "Stores",
    "Studio",
    "Theirs",
    "export_project",
    "import_project",
    "make_engines",
    "make_example",
    "open_database",
    "open_stores",
    "open_studio",
    "vendors",
    "voice_workers",
]
