"""A derivation as text, Markdown, LaTeX or HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape as escape_html

from ..derivation import Line
from ..latex import escape as escape_latex


def render_steps(lines: Sequence[Line], form: str) -> str:
    """Write a derivation; `form` is text, markdown, latex or html."""
    return {"text": _text, "markdown": _markdown, "latex": _latex, "html": _html}[form](lines)


def _text(lines: Sequence[Line]) -> str:
    found: list[str] = []
    for line in lines:
        if line.kind == "heading":
            found += ["", line.text, "-" * len(line.text)]
        elif line.kind == "math":
            found.append(f"    {line.text}")
        else:
            found.append(line.text)
    return "\n".join(found).strip() + "\n"


def _markdown(lines: Sequence[Line]) -> str:
    found: list[str] = []
    for line in lines:
        if line.kind == "heading":
            found.append(f"## {line.text}")
        elif line.kind == "math":
            found.append(f"$${line.latex or line.text}$$")
        else:
            found.append(_escape_markdown(line.text))
    return "\n\n".join(found) + "\n"


def _escape_markdown(text: str) -> str:
    for mark in ("\\", "*", "_", "`", "<", "#", "|"):
        text = text.replace(mark, "\\" + mark)
    return text


def _latex(lines: Sequence[Line]) -> str:
    found = [
        r"\documentclass{article}",
        r"\usepackage[utf8]{inputenc}",
        r"\usepackage{amsmath}",
        r"\begin{document}",
        r"\setlength{\parindent}{0pt}",
        r"\allowdisplaybreaks",
    ]
    for line in lines:
        if line.kind == "heading":
            found.append(rf"\section*{{{escape_latex(line.text)}}}")
        elif line.kind == "math":
            found.append(rf"\begin{{equation*}} {line.latex} \end{{equation*}}")
        else:
            found += [escape_latex(line.text), ""]
    return "\n".join([*found, r"\end{document}"]) + "\n"


def _html(lines: Sequence[Line]) -> str:
    found = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><title>shapecalc: derivation</title>',
        "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
        "code{display:block;padding:.2rem 1.5rem;font-size:15px}"
        "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}}</style></head><body>",
    ]
    tags = {"heading": "h2", "math": "code", "text": "p"}
    for line in lines:
        tag = tags[line.kind]
        found.append(f"<{tag}>{escape_html(line.text)}</{tag}>")
    return "\n".join([*found, "</body></html>"]) + "\n"
