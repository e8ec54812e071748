"""Sesame CSM-1B with LoRA voices: text and anchor codes in, audio frames of 80 ms out.

Modules with torch are imported by the `csm` family's `load` alone, so only in a voice worker's process.
"""

from viraltracker.worker.csm.shape import Shape

__all__ = ["Shape"]
