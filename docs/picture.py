"""Draw the ledger as `zegel ledger` prints it on the network that `make demo` makes.

`python docs/picture.py` makes that network in a temporary folder, takes its copies apart and
writes `docs/images/ledger.svg`. The text is what the command printed, colours included; the
picture names no font and no address outside itself.
"""

from __future__ import annotations

import html
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).parent / "images" / "ledger.svg"
_CELL = 12.2
"""Width of one character in Rich's picture."""
_RUN = re.compile(
    r'<text class="(zegel-r\d+)" x="([\d.]+)" (y="[\d.]+") textLength="[\d.]+" (clip-path="[^"]+")>'
    r"([^<]*)</text>"
)
_WORD = re.compile(r"[^\xa0\s]+")
_ADVERT = re.compile(r"\s*<!-- .*? -->")
_FONT_FACE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_COLOURS = {"FORCE_COLOR": "1", "COLORTERM": "truecolor", "TERM": "xterm-256color"}


def printed(folder: Path) -> str:
    """Return what `zegel ledger` prints, with colours, for the demonstration's network."""
    net, case = folder / "net", str(folder / "case")
    _run("shieldnet", "generate", str(net), "--devices", "300", "--messages", "6000")
    _run("zegel", "init", case)
    for site in ("ams", "yyz"):
        _run("zegel", "intake", str(net / "copy" / site), "--case", case, "--label", site)
    words = str(net / "truth" / "passphrases.txt")
    _run("zegel", "process", "--case", case, "--passphrases", words)
    return _run("zegel", "ledger", "--case", case, "--by", "exhibit")


def _run(*words: str) -> str:
    beside = str(Path(sys.executable).parent)
    environment = {**os.environ, **_COLOURS, "PATH": f"{beside}:{os.environ['PATH']}"}
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return done.stdout


def drawn(output: str) -> str:
    """Return terminal output as an SVG picture that needs nothing from elsewhere."""
    lines = Text.from_ansi(output).split("\n")
    for line in lines:
        line.rstrip()
    width = max(line.cell_len for line in lines) + 1
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
    console.print("$ zegel ledger --by exhibit", highlight=False)
    for line in lines:
        console.print(line, soft_wrap=True)
    picture = console.export_svg(title="zegel", unique_id="zegel")
    for unwanted in (_FONT_FACE, _ADVERT):
        picture = unwanted.sub("", picture)
    picture = _RUN.sub(_words, picture).replace("Fira Code", "DejaVu Sans Mono")
    return picture.replace("font-size: 20px", "font-size: 20.26px")  # then a character is a cell


def _words(run: re.Match[str]) -> str:
    """Place each word by itself: not every program keeps blanks, or stretches text to a length."""
    style, start, line, clip, text = run.groups()
    return "".join(
        f'<text class="{style}" x="{float(start) + word.start() * _CELL:g}" {line} '
        f'textLength="{len(word[0]) * _CELL:g}" {clip}>{html.escape(word[0], quote=False)}</text>'
        for word in _WORD.finditer(html.unescape(text))
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        shown = printed(Path(name))
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(drawn(shown), encoding="utf-8")
