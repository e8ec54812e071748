"""The wire between the studio and its voice workers: `tts.proto`, and the code that is generated from it.

`make proto` generates it anew. Knows nothing of engines on either side.
"""

from viraltracker.speech.rpc import tts_pb2, tts_pb2_grpc

__all__ = ["tts_pb2", "tts_pb2_grpc"]
