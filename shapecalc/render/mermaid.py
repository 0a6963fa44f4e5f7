"""A net as a Mermaid flowchart, for READMEs and wikis."""

from __future__ import annotations

from .graph import Box, Graph

_CLASSES = """\
    classDef input fill:#e8f0fe,stroke:#4a6fa5,color:#123
    classDef function fill:#f6f6f6,stroke:#999,color:#222
    classDef block fill:#eef7ee,stroke:#5a8f5a,color:#132
    classDef failed fill:#fde8e8,stroke:#c33,color:#811
    classDef skipped fill:#fff,stroke:#bbb,color:#999,stroke-dasharray:4
"""


_CODES = str.maketrans(
    {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "|": "#124;", "\n": " "}
)


def mermaid_text(graph: Graph) -> str:
    """Write the flowchart."""
    names = {box.key: f"n{place}" for place, box in enumerate(graph.boxes)}
    lines = ["flowchart TD"]
    lines += [f"    {names[box.key]}{_box(box)}" for box in graph.boxes]
    for edge in graph.edges:
        label = f'|"{_escape(edge.shape)}"| ' if edge.shape else ""
        lines.append(f"    {names[edge.start]} -->{label}{names[edge.end]}")
    for place, (key, shape) in enumerate(graph.outputs):
        lines.append(f'    {names[key]} --> o{place}(["{_escape(shape) or "output"}"])')
    return "\n".join(lines) + "\n" + _CLASSES


def _box(box: Box) -> str:
    left, right = ('(["', '"])') if box.kind == "input" else ('["', '"]')
    text = f"<b>{_escape(box.title)}</b><br/>{_escape(box.text)}"
    if box.detail:
        text += f"<br/>{_escape(box.detail)}"
    kind = "" if box.kind == "layer" else f":::{box.kind}"
    return f"{left}{text}{right}{kind}"


def _escape(text: str) -> str:
    return text.translate(_CODES)
