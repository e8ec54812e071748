"""A component's script and style as one text each, put together from small files when the package is loaded.

The files are plain ES modules, each with one concern, and import each other by relative path. Streamlit takes
one text per component, so the modules are laid one after the other, what is needed first; their `import`
lines and the word `export` go away. One name must therefore not be declared twice in a component's modules;
the browser says so.
"""

import re
from pathlib import Path

__all__ = ["script", "style"]

_HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import\s*\{[^}]*\}\s*from\s*"(?P<path>\.[^"]+)";[ \t]*\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def script(entry: str) -> str:
    """The module `entry` (`board/main.js`) with everything it imports."""
    done: dict[Path, str] = {}
    _lay(_HERE / entry, done, ())
    return "\n".join(done.values())


def style(*names: str) -> str:
    """The studio's tokens, the shared style and the named style sheets."""
    tokens = (_HERE.parent / "assets" / "tokens.css").read_text(encoding="utf-8")
    sheets = (_HERE / name for name in ("shared/base.css", *names))
    return "\n".join([tokens, *(sheet.read_text(encoding="utf-8") for sheet in sheets)])


def _lay(path: Path, done: dict[Path, str], above: tuple[Path, ...]) -> None:
    path = path.resolve()
    if path in done:
        return
    if path in above:
        raise ValueError(f"{path.name} imports itself by way of {above[-1].name}")
    text = path.read_text(encoding="utf-8")
    for found in _IMPORT.finditer(text):
        _lay(path.parent / found["path"], done, (*above, path))
    done[path] = _EXPORT.sub("", _IMPORT.sub("", text))
