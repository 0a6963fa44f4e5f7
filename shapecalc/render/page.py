"""A net as a page that stands alone: the picture, and sliders that work every shape out anew."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from json import dumps
from typing import Any, NamedTuple

from ..dims import Dim
from ..errors import ShapecalcError
from ..infer import Result
from ..net import Size
from ..outputs import flatten_output
from ..question import BATCH, Question, ask
from ..solve import Solution, answer
from .graph import Graph
from .script import PRELUDE, relation_script, size_script
from .solution import box_text
from .svg import svg_text

MAX_CASES = 8  # ways through sizes that may broadcast
MAX_BOXES = 6  # of the sizes that fit
USUAL = 64  # where a slider starts that no number says

STYLE = """\
body{margin:0;font:15px/1.5 system-ui,sans-serif;background:#fff;color:#1c2430}
header{position:sticky;top:0;padding:.8rem 1.5rem;background:inherit;border-bottom:1px solid #8884}
h1{font-size:1.1rem;margin:0 0 .4rem}label{display:inline-flex;gap:.5rem;align-items:center;
margin-right:1.5rem}input[type=range]{width:16rem}input[type=number]{width:5.5rem}
#state{margin:.4rem 0 0}#state.bad{color:#c4320a;font-weight:600}.fits{color:#667085;margin:.2rem 0}
main{padding:1rem 1.5rem;overflow-x:auto}svg{max-width:none}
@media(prefers-color-scheme:dark){body{background:#14181f;color:#e6e9ef}#state.bad{color:#ff8a65}}
"""

SCRIPT = """\
const byEdge={},byLayer={};
for(const t of document.querySelectorAll('[data-edge]'))(byEdge[t.dataset.edge]??=[]).push(t);
for(const g of document.querySelectorAll('[data-layer]')){byLayer[g.dataset.layer]=g;
g.dataset.kind=g.getAttribute('class')==='failed'||g.getAttribute('class')==='skipped'?'layer':
g.getAttribute('class')}
const order=Object.keys(byLayer),state=document.getElementById('state');
function keyOf(name){while(name&&!(name in byLayer))name=name.slice(0,name.lastIndexOf('.')>0?
name.lastIndexOf('.'):0);return name}
function update(){
 let best=null;
 for(const c of cases){const at=c.demands.findIndex(d=>!d[1](values));
  const rank=at<0?Infinity:order.indexOf(keyOf(c.demands[at][0]));
  if(best===null||rank>best.rank)best={c,at,rank};}
 const bad=best.at<0?null:best.c.demands[best.at][0],key=bad===null?null:keyOf(bad);
 const sizes=best.c.sizes.map(f=>f(values));
 const text=shape=>shape.map(x=>x<0?sizes[-x-1]:x).join('\\u00d7')||'()';
 let broken=false;
 for(const name of order){const g=byLayer[name];
  if(name===key){g.setAttribute('class','failed');broken=true}
  else g.setAttribute('class',broken?'skipped':g.dataset.kind);}
 const stop=key===null?Infinity:order.indexOf(key);
 for(const [edge,shapes] of Object.entries(best.c.shapes)){
  const from=order.indexOf(keyOf(edge.split('[')[0]));
  for(const t of byEdge[edge]??[])t.textContent=from<stop?shapes.map(text).join(', '):'';}
 state.className=bad===null?'':'bad';
 state.textContent=bad===null?'Every layer fits.':
  (bad?bad+' breaks: it needs ':'It needs ')+best.c.demands[best.at][2];
}
for(const box of document.querySelectorAll('[data-symbol]'))box.addEventListener('input',()=>{
 const number=Math.max(Number(box.min),Math.floor(Number(box.value)||0));
 values[box.dataset.symbol]=number;
 for(const other of document.querySelectorAll(`[data-symbol="${box.dataset.symbol}"]`)){
  if(other.type==='range'&&number>Number(other.max))other.max=number;
  if(other!==box)other.value=number}
 const both=document.getElementById('square');
 if(both&&both.checked)for(const name of JSON.parse(both.dataset.sides))if(values[name]!==number){
  values[name]=number;
  for(const other of document.querySelectorAll(`[data-symbol="${name}"]`))other.value=number}
 update()});
update();
"""


class _Model(NamedTuple):
    """What the sliders work with: the question, its ways, and where they start."""

    question: Question
    solution: Solution
    values: dict[str, int]


def page_text(result: Result, graph: Graph) -> str:
    """Write the page; where nothing can be varied it has the picture alone."""
    name = escape(graph.name or "net")
    model = _model(result)
    controls = _controls(model) if model is not None else ""
    script = _script(model, graph) if model is not None else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{name}</title><style>{STYLE}</style></head>\n<body><header><h1>{name}</h1>"
        f"{controls}</header>\n<main>\n{svg_text(graph)}</main>{script}</body></html>\n"
    )


def _model(result: Result) -> _Model | None:
    """Put symbols in the place of the sizes that can vary, and run every case."""
    net = result.net._replace(inputs=dict(result.inputs))
    try:
        question = ask(net, registry=result.propagation.registry)
        solution = answer(question)
    except ShapecalcError:
        return None
    if not question.unknowns or not solution.cases:
        return None
    return _Model(question, solution, _start(result, question, solution))


def _start(result: Result, question: Question, solution: Solution) -> dict[str, int]:
    """Find where the sliders start: at the net's own numbers, else at a good solution."""
    found = {BATCH: 1, **dict.fromkeys(question.unknowns, USUAL), **(solution.recommended or {})}
    for name, shape in question.shapes.items():
        for size, own in zip(shape, result.inputs.get(name, ()), strict=False):
            if isinstance(size, Dim) and isinstance(own, int) and str(size) in found:
                found[str(size)] = own
    return found


def _controls(model: _Model) -> str:
    parts = []
    for name in model.question.unknowns:
        value = model.values[name]
        least = model.question.known[name][0]
        most = max(2 * value, 16 if value < 16 else 256)
        common = f'data-symbol="{name}" min="{least}" value="{value}"'
        parts.append(
            f'<label>{name} <input type="range" {common} max="{most}" aria-label="{name}">'
            f'<input type="number" {common} aria-label="{name} as a number"></label>'
        )
    if len(model.question.squares) > 1:
        sides = escape(dumps(model.question.squares))
        parts.append(
            f'<label><input type="checkbox" id="square" data-sides="{sides}" checked>square</label>'
        )
    boxes = [box_text(box) for box in model.solution.boxes]
    shown = "; ".join(boxes[:MAX_BOXES]) + ("; ..." if len(boxes) > MAX_BOXES else "")
    fits = f"Fits: {escape(shown)}" if shown else "No size fits."
    return "".join(parts) + f'<p class="fits">{fits}</p><p id="state"></p>'


def _script(model: _Model, graph: Graph) -> str:
    sources = list(dict.fromkeys(edge.source for edge in graph.edges))
    sources += [key for key, _ in graph.outputs if key not in sources]
    try:
        cases = [_case(case.result, sources) for case in model.solution.cases[:MAX_CASES]]
    except ValueError:
        return ""
    values = dumps(model.values)
    return f"<script>{PRELUDE}const values={values},cases=[{','.join(cases)}];\n{SCRIPT}</script>"


def _case(result: Result, sources: list[str]) -> str:
    """Write one way through the net: sizes as functions, shapes that point at them, demands."""
    sizes: dict[str, int] = {}
    shapes = {source: list(_shapes(result, source, sizes)) for source in sources}
    functions = ",".join(f"v=>{text}" for text in sizes)
    demands = ",".join(
        f"[{_json(demand.layer)},v=>{relation_script(demand.relation)},"
        f"{_json(str(demand.relation))}]"
        for demand in result.demands
    )
    return f"{{sizes:[{functions}],shapes:{_json(shapes)},demands:[{demands}]}}"


def _shapes(result: Result, source: str, sizes: dict[str, int]) -> Iterator[list[int]]:
    """Give shapes as lists: a number for itself, -1 - i for the function at place i."""
    name, *path = source.replace("]", "").split("[")
    found: Any = result.propagation.values.get(name)
    try:
        for index in path:
            found = found[int(index)]
    except (IndexError, TypeError, ValueError):
        return
    for shape in flatten_output(found):
        yield [_place(size, sizes) for size in shape]


def _place(size: Size, sizes: dict[str, int]) -> int:
    if isinstance(size, int):
        return size
    return -1 - sizes.setdefault(size_script(size), len(sizes))


def _json(value: Any) -> str:
    """Write JSON that can't end a script."""
    return dumps(value).replace("<", "\\u003c")


__all__ = ["page_text"]
