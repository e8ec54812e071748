"""The script of most tests: two beats in the fog, and a third that says nothing or has the last word."""

__all__ = ["HOOKED", "SCRIPT"]

_OPENING = """[META]
video_title: Fog
project: harbour
default_character: fed

[BEAT: 01_open]
name: Fog Rolls In
---
The harbour is closed. [PAUSE: beat]
It has always been closed.
[END_BEAT]

[BEAT: 02_reply]
name: The Gull Objects
---
[CHARACTER: wojak]
No no no, my whole lunch is out there!
[END_BEAT]

"""
SCRIPT = (
    _OPENING
    + """[BEAT: 03_silence]
name: Nothing
---
[PAUSE: 500]
[END_BEAT]
"""
)
HOOKED = (
    _OPENING
    + """[BEAT: 03_hook]
name: The Hook
---
And then the light went out.
[END_BEAT]
"""
)
