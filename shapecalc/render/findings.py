"""Findings of `check` as people and CI systems read them: text, JSON, GitHub annotations, SARIF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..findings import Finding

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def findings_text(findings: Sequence[Finding], *, color: bool = False) -> str:
    """Write one line for each: `file:line:col: error[S203]: fc1: ...`."""
    return "".join(_line(finding, color=color) + "\n" for finding in findings)


def _line(finding: Finding, *, color: bool) -> str:
    kind = f"{finding.level}[{finding.code}]"
    if color:
        kind = f"\x1b[{31 if finding.level == 'error' else 33}m{kind}\x1b[0m"
    return f"{finding.location}: {kind}: {sentence(finding)}"


def sentence(finding: Finding) -> str:
    """Write what is wrong and how to mend it, on one line."""
    layer = f"{finding.layer}: " if finding.layer else ""
    hint = f" ({finding.hint})" if finding.hint else ""
    return f"{layer}{finding.message}{hint}".replace("\n", " ")


def github_text(findings: Sequence[Finding]) -> str:
    """Write GitHub's workflow commands, which mark the lines of a pull request."""
    lines = []
    for finding in findings:
        place = finding.location
        properties = {
            "title": f"shapecalc ({finding.code})",
            "file": place.file,
            "line": str(place.line),
            "col": str(place.column),
        }
        inside = ",".join(f"{name}={_property(text)}" for name, text in properties.items())
        message = _data(f"{place}: {sentence(finding)}")
        lines.append(f"::{finding.level} {inside}::{message}\n")
    return "".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def findings_document(findings: Sequence[Finding], nets: Sequence[str]) -> dict[str, Any]:
    """Give the findings as `check --json` prints them."""
    return {
        "version": 1,
        "kind": "check",
        "ok": not any(finding.level == "error" for finding in findings),
        "nets": list(nets),
        "findings": [finding.to_dict() for finding in findings],
    }


def sarif_document(findings: Sequence[Finding], version: str) -> dict[str, Any]:
    """Give the findings in SARIF 2.1.0."""
    from ..codes import meaning

    codes = list(dict.fromkeys(finding.code for finding in findings))
    driver = {
        "name": "shapecalc",
        "version": version,
        "rules": [{"id": code, "shortDescription": {"text": meaning(code)}} for code in codes],
    }
    results = [_sarif_result(finding, codes.index(finding.code)) for finding in findings]
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def _sarif_result(finding: Finding, rule: int) -> dict[str, Any]:
    place = finding.location
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.level,
        "message": {"text": sentence(finding)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(place.file)},
                    "region": {"startLine": place.line, "startColumn": place.column},
                }
            }
        ],
    }


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path.replace("\\", "/"))
