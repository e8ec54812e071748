"""The code of the wire is what its description says."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path("viraltracker/speech/rpc")


def test_the_generated_code_is_that_of_the_proto(tmp_path: Path) -> None:
    out = [f"--{kind}_out={tmp_path}" for kind in ("python", "pyi", "grpc_python")]
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I", ".", *out, str(FOLDER / "tts.proto")]
    subprocess.run(command, check=True, capture_output=True)
    for name in ("tts_pb2.py", "tts_pb2.pyi", "tts_pb2_grpc.py"):
        assert (tmp_path / FOLDER / name).read_text() == (FOLDER / name).read_text(), "run `make proto`"
