"""The account that Postgres runs as under root: one, however many studios start at once on a new machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

STUDIO = """
import sys
from viraltracker.store.account import system_account
print(flush=True)
sys.stdin.readline()
print(system_account().uid, flush=True)
"""
STUDIOS = 6
# A mount namespace with a copy of /etc: what is made there is gone with the process.
NEW_MACHINE = """
mkdir "$0" && cp -a /etc/. "$0" && mount --bind "$0" /etc &&
sed -i "/^viraltracker:/d" /etc/passwd /etc/group /etc/shadow /etc/gshadow && exec "$@"
"""  # not userdel: it refuses while a database runs as that account
USERADD = '#!/bin/sh\necho made >> "{calls}"\nexec {real} "$@"\n'

STARTED = f"""
import subprocess, sys
ends = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
studios = [subprocess.Popen([sys.executable, "-c", {STUDIO!r}], **ends) for _ in range({STUDIOS})]
for studio in studios:
    studio.stdout.readline()
for studio in studios:
    studio.stdin.write("\\n")
    studio.stdin.flush()
print(*(studio.communicate()[0].strip() for studio in studios))
"""


def test_of_studios_that_start_at_once_one_makes_the_account(tmp_path: Path) -> None:
    etc, calls, programs = tmp_path / "etc", tmp_path / "calls", tmp_path / "bin"
    programs.mkdir()
    shim = programs / "useradd"
    shim.write_text(USERADD.format(calls=calls, real="/usr/sbin/useradd"))
    shim.chmod(0o755)
    new_machine = ["unshare", "--mount", "sh", "-c", NEW_MACHINE, str(etc)]
    mounting = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    if os.geteuid() != 0 or mounting.returncode != 0:
        pytest.skip("A NEW MACHINE WAS NOT TRIED: this needs root and the right to mount")
    command = [*new_machine, sys.executable, "-c", STARTED]
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    uids = done.stdout.split()
    assert len(uids) == STUDIOS
    assert len(set(uids)) == 1
    assert calls.read_text() == "made\n"
