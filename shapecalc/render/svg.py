"""A net as an SVG that stands alone: boxes in a column, shapes on the edges, skips as arcs."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from .graph import Box, Edge, Graph

BOX_HEIGHT, GAP, TOP, SIDE = 40, 34, 56, 24
LETTER, SMALL = 7.3, 6.2  # widths of a letter in titles and in what stands below
LANE, FIRST_LANE = 22, 26  # between arcs, and from the boxes to the first

STYLE = """\
svg{background:var(--paper);font-family:ui-sans-serif,system-ui,sans-serif}
:root,svg{--paper:#fff;--ink:#1c2430;--soft:#667085;--line:#98a2b3;--box:#f9fafb;--edge:#d0d5dd;
--input:#e8f0fe;--block:#ecf7ee;--function:#f2f4f7;--bad:#c4320a;--badbox:#feebe6}
@media(prefers-color-scheme:dark){:root,svg{--paper:#14181f;--ink:#e6e9ef;--soft:#98a2b3;
--line:#667085;--box:#1f2530;--edge:#3a4352;--input:#1d2c47;--block:#1c3325;--function:#252b36;
--bad:#ff8a65;--badbox:#43221a}}
text{fill:var(--ink);font-size:13px}
.title{font-weight:600}.small{font-size:11px;fill:var(--soft)}.name{font-size:16px;font-weight:600}
.box{fill:var(--box);stroke:var(--edge)}
.input .box{fill:var(--input)}.block .box{fill:var(--block)}.function .box{fill:var(--function)}
.failed .box{fill:var(--badbox);stroke:var(--bad);stroke-width:2}.failed .title{fill:var(--bad)}
.skipped{opacity:.45}.skipped .box{stroke-dasharray:4}
.wire{fill:none;stroke:var(--line);stroke-width:1.4}.head{fill:var(--line)}
.shape{font-size:11px;font-family:ui-monospace,monospace;fill:var(--ink);
paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.message{fill:var(--bad)}
"""


HEAD = """\
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
 orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>"""


class _Arc(NamedTuple):
    """An edge that passes other boxes, and the lane it runs in."""

    edge: Edge
    start: int
    end: int
    lane: int


def svg_text(graph: Graph) -> str:
    """Draw the graph."""
    rows = {box.key: place for place, box in enumerate(graph.boxes)}
    width = max(170, *(int(_box_width(box)) for box in graph.boxes), 0)
    straight, arcs = _split(graph, rows)
    lanes = max((arc.lane for arc in arcs), default=-1) + 1
    labels = max((len(arc.edge.shape) for arc in arcs), default=0)
    beside = FIRST_LANE + lanes * LANE + int(labels * SMALL) if lanes else 0
    message = int(len(graph.message) * SMALL)
    total_width = max(SIDE * 2 + width + beside, SIDE * 2 + message, 300)
    height = TOP + len(graph.boxes) * (BOX_HEIGHT + GAP) + 30
    size = f'viewBox="0 0 {total_width} {height}" width="{total_width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{escape(graph.name or 'net')}</title>",
        f"<style>{STYLE}</style>",
        HEAD,
        f'<text class="name" x="{SIDE}" y="24">{escape(graph.name)}</text>',
    ]
    if graph.message:
        message_text = escape(graph.message)
        parts.append(f'<text class="small message" x="{SIDE}" y="42">{message_text}</text>')
    parts += [_wire(edge, rows, width) for edge in straight]
    parts += [_arc(arc, width) for arc in arcs]
    parts += [_box(box, place, width) for place, box in enumerate(graph.boxes)]
    parts += _outputs(graph, rows, width)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _split(graph: Graph, rows: dict[str, int]) -> tuple[list[Edge], list[_Arc]]:
    """Part the edges between neighbours from those that pass boxes; give those lanes."""
    straight: list[Edge] = []
    long: list[Edge] = []
    for edge in graph.edges:
        near = rows[edge.end] - rows[edge.start] == 1
        (straight if near else long).append(edge)
    long.sort(key=lambda edge: abs(rows[edge.end] - rows[edge.start]))
    taken: list[list[tuple[int, int]]] = []
    arcs: list[_Arc] = []
    for edge in long:
        start, end = rows[edge.start], rows[edge.end]
        low, high = min(start, end), max(start, end)
        lane = next(
            (
                place
                for place, spans in enumerate(taken)
                if all(high <= first or last <= low for first, last in spans)
            ),
            len(taken),
        )
        if lane == len(taken):
            taken.append([])
        taken[lane].append((low, high))
        arcs.append(_Arc(edge, start, end, lane))
    return straight, arcs


def _box_width(box: Box) -> float:
    first = (len(box.title) + len(box.detail) * 0.85 + 2) * LETTER
    return max(first, len(box.text) * SMALL) + 24


def _top(place: int) -> int:
    return TOP + place * (BOX_HEIGHT + GAP)


def _box(box: Box, place: int, width: int) -> str:
    x, y = SIDE, _top(place)
    label = escape(f"{box.title}: {box.text}")
    detail = (
        f'<text class="small" text-anchor="end" x="{x + width - 10}" y="{y + 17}">'
        f"{escape(box.detail)}</text>"
    )
    return (
        f'<g class="{box.kind}" data-layer="{escape(box.key)}"><title>{label}</title>'
        f'<rect class="box" x="{x}" y="{y}" width="{width}" height="{BOX_HEIGHT}" rx="7"/>'
        f'<text class="title" x="{x + 10}" y="{y + 17}">{escape(box.title)}</text>{detail}'
        f'<text class="small" x="{x + 10}" y="{y + 32}">{escape(box.text)}</text></g>'
    )


def _wire(edge: Edge, rows: dict[str, int], width: int) -> str:
    x = SIDE + width // 2
    start, end = _top(rows[edge.start]) + BOX_HEIGHT, _top(rows[edge.end]) - 2
    return f'<path class="wire" marker-end="url(#head)" d="M{x} {start}V{end}"/>' + _label(
        edge, x + 8, (start + end) // 2 + 4
    )


def _arc(arc: _Arc, width: int) -> str:
    x = SIDE + width
    out = x + FIRST_LANE + arc.lane * LANE
    start, end = _top(arc.start) + BOX_HEIGHT - 9, _top(arc.end) + 9
    turn = 10 if end > start else -10
    path = (
        f"M{x} {start}H{out - 10}Q{out} {start} {out} {start + turn}"
        f"V{end - turn}Q{out} {end} {out - 10} {end}H{x + 2}"
    )
    return f'<path class="wire" marker-end="url(#head)" d="{path}"/>' + _label(
        arc.edge, out + 5, (start + end) // 2 + 4
    )


def _label(edge: Edge, x: int, y: int) -> str:
    source, shape = escape(edge.source), escape(edge.shape)
    return f'<text class="shape" data-edge="{source}" x="{x}" y="{y}">{shape}</text>'


def _outputs(graph: Graph, rows: dict[str, int], width: int) -> Iterator[str]:
    """Yield an arrow out of the last box, and a mark at others whose output is the net's."""
    for key, shape in graph.outputs:
        y = _top(rows[key]) + BOX_HEIGHT
        if rows[key] == len(rows) - 1:
            x = SIDE + width // 2
            yield f'<path class="wire" marker-end="url(#head)" d="M{x} {y}V{y + 24}"/>'
            yield _label(Edge(key, "", shape, key), x + 8, y + 16)
        else:
            yield f'<text class="small" x="{SIDE + 10}" y="{y + 14}">output {escape(shape)}</text>'
