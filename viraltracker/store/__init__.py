"""Where things rest: rows in Postgres behind SQL functions, files by the hash of what is in them.

In: a data folder or a database's address, an owner, a function's name with JSON arguments, bytes. Out: JSON
values, hashes, paths, reports. May import units and errors only; the one home of psycopg and of the embedded
Postgres.
"""

from viraltracker.store.actor import Actor, Transport
from viraltracker.store.backup import BackupReport, backup
from viraltracker.store.blobs import LocalBlobs
from viraltracker.store.bucket import LINK_S, BucketBlobs
from viraltracker.store.copying import CopyReport, copy_files
from viraltracker.store.embedded import EmbeddedPostgres, embedded_postgres
from viraltracker.store.hosted import Hosted
from viraltracker.store.kinds import HEAD_BYTES, media_type
from viraltracker.store.migrations import MigrationReport, migrate, pending
from viraltracker.store.moved import KINDS, Kinds, MovedFile, ProjectReader, project_reader, write_project
from viraltracker.store.pasted import pasted
from viraltracker.store.postgres import Postgres
from viraltracker.store.project import Project
from viraltracker.store.restore import RestoreReport, restore
from viraltracker.store.seat import Seat, seat_of
from viraltracker.store.space import free_space_check
from viraltracker.store.steps import Vendor
from viraltracker.store.upkeep import CheckReport, SweepReport, check, gc

__all__ = [
    "HEAD_BYTES",
    "KINDS",
    "LINK_S",
    "Actor",
    "BackupReport",
    "BucketBlobs",
    "CheckReport",
    "CopyReport",
    "EmbeddedPostgres",
    "Hosted",
    "Kinds",
    "LocalBlobs",
    "MigrationReport",
    "MovedFile",
    "Postgres",
    "Project",
    "ProjectReader",
    "RestoreReport",
    "Seat",
    "SweepReport",
    "Transport",
    "Vendor",
    "backup",
    "check",
    "copy_files",
    "embedded_postgres",
    "free_space_check",
    "gc",
    "media_type",
    "migrate",
    "pasted",
    "pending",
    "project_reader",
    "restore",
    "seat_of",
    "write_project",
]
