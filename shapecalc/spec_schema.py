"""The JSON Schema of specs, made of the registry: completion, hover and checks in editors."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from .catalogue import signature
from .registry import LayerType, Registry

Schema: TypeAlias = "dict[str, Any]"

DRAFT = "http://json-schema.org/draft-07/schema#"  # the one that editors know best
_NAME = r"^[^\[\]]+$"
_SIZE: Schema = {
    "description": "A size: an integer, or an expression in symbols such as H or 2*H.",
    "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "minLength": 1}],
}


def spec_schema(registry: Registry) -> Schema:
    """Make the schema."""
    types = [registry.find(name) for name in registry.names()]
    return {
        "$schema": DRAFT,
        "title": "A net for shapecalc",
        "description": "Layers are the PyTorch calls that make them.",
        "definitions": {
            "size": _SIZE,
            "shape": _shape(),
            "call": _call(types),
            "source": _source(),
            "from": {
                "description": "What it takes: one name, or a list. Left out: the entry before.",
                "anyOf": [_ref("source"), {"type": "array", "items": _ref("sources")}],
            },
            "outputs": {
                "description": "The outputs, or a map of their own names. Left out: the last entry's.",
                "anyOf": [
                    _ref("source"),
                    {"type": "array", "items": _ref("sources")},
                    {"type": "object", "additionalProperties": _ref("sources")},
                ],
            },
            "sources": {
                "anyOf": [
                    _ref("source"),
                    {"type": "array", "items": _ref("sources")},
                    {"type": "object", "additionalProperties": _ref("sources")},
                ]
            },
            "entry": _entry(),
            "entries": {"type": "array", "items": _ref("entry")},
            "keys": _keys(),
            "typed": _typed(types),
            "body": _body(),
            "state": {"type": "object", "required": ["name"]},
        },
        "anyOf": [_ref("entries"), _spec()],
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _spec() -> Schema:
    return {
        "type": "object",
        "required": ["layers"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "description": "The net's name."},
            "input": {**_ref("shape"), "description": "The input's shape."},
            "inputs": {
                "description": "Several inputs, by name.",
                "type": "object",
                "minProperties": 1,
                "additionalProperties": _ref("shape"),
            },
            "where": {
                "description": "Relations between symbols, such as H == W.",
                "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
            },
            "modules": {
                "description": "Blocks used like a layer: BasicBlock(inplanes, planes, stride=1).",
                "type": "object",
                "additionalProperties": {"anyOf": [_ref("entries"), _ref("body")]},
            },
            "layers": {**_ref("entries"), "description": "The layers, in the order they run."},
            "outputs": _ref("outputs"),
            "state": {
                "description": "The modules in the order of registration, where it is another.",
                "type": ["array", "null"],
                "items": _ref("state"),
            },
        },
    }


def _shape() -> Schema:
    return {
        "description": "Sizes, such as [N, 3, H, W] or 1x3x32x32.",
        "anyOf": [
            {"type": "array", "items": _ref("size")},
            {"type": "string"},
            {"type": "null"},
        ],
    }


def _call(types: list[LayerType]) -> Schema:
    names = [type_.name for type_ in types]
    return {
        "description": "The PyTorch call that makes the layer, such as Conv2d(3, 6, 5).",
        "anyOf": [
            {
                "enum": names,
                "enumDescriptions": [_words(type_) for type_ in types],
            },
            {"type": "string", "pattern": r"^[A-Za-z_][\w.]*\s*(\([\s\S]*\)\s*)?$"},
        ],
        "examples": [signature(type_) for type_ in types[:20]],
    }


def _words(type_: LayerType) -> str:
    return f"{signature(type_)}: {type_.data.get('summary', '')}"


def _source() -> Schema:
    return {
        "type": ["string", "integer"],
        "description": "An input, an entry, or one of its outputs: lstm[0].",
    }


def _entry() -> Schema:
    named: Schema = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "propertyNames": {"pattern": _NAME},
        "additionalProperties": {
            "anyOf": [_ref("call"), _ref("entries"), _ref("typed"), _ref("keys")]
        },
    }
    return {"anyOf": [_ref("call"), _ref("entries"), _ref("typed"), _ref("keys"), named]}


_PROPERTIES: Schema = {
    "name": {"type": ["string", "integer"], "description": "The entry's name."},
    "layer": {"$ref": "#/definitions/call"},
    "from": {"$ref": "#/definitions/from"},
    "shares": {
        "type": ["string", "integer"],
        "description": "The entry whose module is called again.",
    },
    "alias": {
        "type": ["string", "integer"],
        "description": "The module registered under this name as well, and not called.",
    },
    "layers": {"$ref": "#/definitions/entries"},
    "repeat": {
        "description": "How many times it stands in a row: NAME.0, NAME.1, ...",
        "type": ["integer", "string"],
    },
    "if": {
        "description": "A condition on the block's parameters that keeps or drops the entry.",
        "type": ["boolean", "integer", "string"],
    },
    "called": {
        "description": "false: the module is registered here, and called by another entry or never.",
        "type": "boolean",
    },
}


def _keys() -> Schema:
    return {
        "type": "object",
        "properties": _PROPERTIES,
        "additionalProperties": False,
        "anyOf": [{"required": [key]} for key in ("layer", "layers", "shares", "alias")],
    }


def _body() -> Schema:
    return {
        "type": "object",
        "required": ["layers"],
        "additionalProperties": False,
        "properties": {"layers": _ref("entries"), "outputs": _ref("outputs")},
    }


def _typed(types: list[LayerType]) -> Schema:
    """Describe `{type: Conv2d, in_channels: 3, ...}`: each type's own arguments."""
    by_arguments: dict[str, list[LayerType]] = {}
    for type_ in types:
        by_arguments.setdefault(type_.key, []).append(type_)
    return {
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": {
                "description": "The layer's class; its arguments are keys beside it.",
                "anyOf": [
                    {"enum": [type_.name for type_ in types]},
                    {"type": "string", "pattern": r"^[A-Za-z_][\w.]*$"},
                ],
            }
        },
        "allOf": [
            {
                "if": {
                    "required": ["type"],
                    "properties": {"type": {"enum": [type_.name for type_ in group]}},
                },
                "then": _arguments(group[0]),
            }
            for group in by_arguments.values()
        ],
    }


def _arguments(type_: LayerType) -> Schema:
    given: Schema = type_.data.get("parameters") or {}
    properties: Schema = {
        key: value for key, value in _PROPERTIES.items() if key not in {"layer", "layers"}
    }
    properties["type"] = {}
    required = ["type"]
    open_ended = False
    for name, text in given.items():
        if not re.fullmatch(r"\w+", str(name)):
            open_ended = True
            continue
        kind, _, default = str(text).partition(" = ")
        properties[str(name)] = {"description": f"{kind}, {default}" if default else kind}
        if not default:
            required.append(str(name))
    for item in type_.forward:
        properties[item.name] = {"description": item.text}
    found: Schema = {"properties": properties, "required": required}
    return found if open_ended else {**found, "additionalProperties": False}
