"""A net in Graphviz's language."""

from __future__ import annotations

from .graph import Box, Graph

_FILLS = {
    "input": "#e8f0fe",
    "layer": "#ffffff",
    "function": "#f6f6f6",
    "block": "#eef7ee",
    "failed": "#fde8e8",
    "skipped": "#ffffff",
}


def dot_text(graph: Graph) -> str:
    """Write the graph."""
    lines = [
        f"digraph {_quoted(graph.name or 'net')} {{",
        '  node [shape=box, style="rounded,filled", fontname="sans-serif", fontsize=11];',
        '  edge [fontname="sans-serif", fontsize=10];',
    ]
    lines += [f"  {_quoted(box.key)} [{_attributes(box)}];" for box in graph.boxes]
    lines += [
        f"  {_quoted(edge.start)} -> {_quoted(edge.end)} [label={_quoted(edge.shape)}];"
        for edge in graph.edges
    ]
    for place, (key, shape) in enumerate(graph.outputs):
        end = f"output {place}"
        lines.append(f"  {_quoted(end)} [label={_quoted(shape or 'output')}, shape=oval];")
        lines.append(f"  {_quoted(key)} -> {_quoted(end)};")
    return "\n".join([*lines, "}"]) + "\n"


def _attributes(box: Box) -> str:
    text = "\n".join(part for part in (box.title, box.text, box.detail) if part)
    color = {"failed": "#cc3333", "skipped": "#bbbbbb"}.get(box.kind, "#555555")
    return f'label={_quoted(text)}, fillcolor="{_FILLS[box.kind]}", color="{color}"'


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
