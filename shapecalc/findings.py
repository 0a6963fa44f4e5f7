"""What `check` finds: a spec that can't be read, shapes that don't fit or aren't expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .errors import Location, ShapecalcError, ShapeError, SpecError
from .formula import show
from .infer import Result, infer
from .net import Net, Shape, shape_json
from .registry import Registry


class Finding(NamedTuple):
    """One finding: its level (error or warning), code, place, and what is to be said."""

    net: str
    level: str
    code: str
    message: str
    location: Location
    layer: str | None = None
    hint: str | None = None
    unreadable: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Give the finding as JSON has it."""
        found: dict[str, Any] = {
            "net": self.net,
            "level": self.level,
            "code": self.code,
            "message": self.message,
            **self.location._asdict(),
        }
        if self.layer is not None:
            found["layer"] = self.layer
        if self.hint is not None:
            found["hint"] = self.hint
        return found


def unreadable(name: str, error: ShapecalcError) -> Finding:
    """Make a finding of an error that keeps a net from being read."""
    return _of_error(name, error)._replace(unreadable=not isinstance(error, ShapeError))


def findings(
    name: str, net: Net, registry: Registry, expected: Any = None, **given: Any
) -> list[Finding]:
    """Check that a net's shapes fit, and are those that are expected.

    Raises `SpecError` for what can't be read.
    """
    result = infer(net, registry=registry, **given)
    found = [_of_error(name, error) for error in result.errors]
    if found:
        fixes = [str(fix["text"]) for fix in result.fixes]
        if fixes:
            found[0] = found[0]._replace(hint=" or ".join(fixes))
    found += [_of_warning(name, warning, net) for warning in result.warnings]
    if expected is not None and not result.errors:
        found += _unexpected(name, result, expected)
    return found


def _of_error(name: str, error: ShapecalcError) -> Finding:
    location = error.location or Location(name, 1, 1)
    location = location if location.file else location._replace(file=name)
    return Finding(name, "error", error.code, error.message, location, error.layer, error.hint)


def _of_warning(name: str, warning: str, net: Net) -> Finding:
    """Make a finding of a warning, which begins with the layer it is about, if it is about one."""
    about, colon, rest = warning.partition(": ")
    start = _start(name, net)
    if about == "where":
        return Finding(name, "warning", "S290", warning, next(iter(net.where_places), start))
    layer = next((item for item in net.layers if colon and item.name == about), None)
    if layer is None:
        return Finding(name, "warning", "S290", warning, start)
    return Finding(name, "warning", "S290", rest, layer.location or start, layer.name)


def _start(name: str, net: Net) -> Location:
    return Location(net.file or name, 1, 1)


# ------------------------------------------------------------------------------- expected shapes


def _unexpected(name: str, result: Result, expected: Any) -> Iterator[Finding]:
    """Hold shapes to recorded ones: `infer --json`, or a map of layers to shapes."""
    recorded = recorded_shapes(expected)
    for layer, shapes in recorded.items():
        if layer not in result:
            yield Finding(
                name,
                "error",
                "S208",
                f"a layer {layer} is expected, and there is none",
                _start(name, result.net),
            )
            continue
        step = result[layer]
        if [shape_json(shape) for shape in step.shapes] != shapes:
            yield Finding(
                name,
                "error",
                "S208",
                f"the output is {_shapes_text(step.shapes)}, expected is {_json_text(shapes)}",
                step.layer.location or _start(name, result.net),
                layer,
            )


def recorded_shapes(expected: Any) -> dict[str, list[list[int | str]]]:
    """Read recorded shapes; raises `SpecError` for a document of another form."""
    if isinstance(expected, Mapping) and isinstance(expected.get("layers"), list):
        expected = {
            item.get("name"): item.get("outputs")
            for item in expected["layers"]
            if isinstance(item, Mapping)
        }
    if not isinstance(expected, Mapping):
        raise _not_recorded()
    return {str(layer): _recorded(shapes) for layer, shapes in expected.items()}


def _recorded(shapes: Any) -> list[list[int | str]]:
    from .readers.shapes import parse_shape

    if isinstance(shapes, str):
        return [shape_json(parse_shape(shapes))]
    if not isinstance(shapes, list):
        raise _not_recorded()
    if all(isinstance(size, int | str) for size in shapes):
        return [shapes]
    if not all(isinstance(shape, list) for shape in shapes):
        raise _not_recorded()
    return shapes


def _not_recorded() -> SpecError:
    return SpecError(
        "the expected shapes are neither what `infer --json` prints nor a map of layers to shapes",
        hint='such as {"conv1": [1, 6, 28, 28]}',
        code="S132",
    )


def _shapes_text(shapes: list[Shape]) -> str:
    return ", ".join(show(shape) or "()" for shape in shapes)


def _json_text(shapes: list[list[int | str]]) -> str:
    return ", ".join("×".join(map(str, shape)) or "()" for shape in shapes)
