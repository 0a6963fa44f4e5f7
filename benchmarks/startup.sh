#!/usr/bin/env bash
# Whole processes, side by side: `infer --json` beside importing click and yaml, the table beside rich as well.
# Needs hyperfine.
set -euo pipefail
cd "$(dirname "$0")/.."
hyperfine --warmup 3 --runs 20 \
    "python -c 'import click, yaml'" \
    "shapecalc infer examples/lenet.yaml --json"
hyperfine --warmup 3 --runs 20 \
    "python -c 'import click, yaml, rich.table'" \
    "shapecalc infer examples/lenet.yaml"
