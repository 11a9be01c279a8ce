"""The PDF as whoever reads it finds it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from zegel.dossier.material import Material
from zegel.dossier.reading.pdf import NAME, report

needs_pdftotext = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="poppler-utils is not installed (pdftotext)"
)


def pdf(shown: Material) -> bytes:
    (rendered,) = list(report(shown))
    assert rendered.name == NAME
    assert isinstance(rendered.content, bytes)
    return rendered.content


def text_of(report_pdf: bytes, folder: Path) -> str:
    path = folder / "report.pdf"
    path.write_bytes(report_pdf)
    done = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True, timeout=60
    )
    return done.stdout.decode()


def words_of(report_pdf: bytes, folder: Path) -> str:
    """Return the text with every blank and line end as one blank."""
    return re.sub(r"\s+", " ", text_of(report_pdf, folder))


def pages_of(report_pdf: bytes, folder: Path) -> list[str]:
    return text_of(report_pdf, folder).split("\f")[:-1]
