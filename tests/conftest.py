"""Settings of all tests: no deadlines, since machines differ; and what is known not to work yet."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("shapecalc", deadline=None)
settings.load_profile("shapecalc")

# Nets whose conversion doesn't read back as the same net yet.
_NOT_YET = {
    "test_a_spec_reads_as_the_same_net": {
        "mnasnet1_0",
        "deeplabv3_resnet50",
        "fcn_resnet50",
        "vit_b_16",
    },
    "test_a_module_is_python": {"swin_t"},
    "test_a_module_reads_as_the_same_net": {
        "googlenet",
        "inception_v3",
        "convnext_small",
        "convnext_tiny",
        "swin_t",
        "vit_b_16",
    },
    "test_lets_specs_pass": {"deeplabv3_resnet50", "fcn_resnet50"},
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is known not to work, so that a mend of it is noticed."""
    for item in items:
        name, _, case = item.name.partition("[")
        if case.removesuffix("]").removesuffix("-yaml") in _NOT_YET.get(name, ()):
            item.add_marker(
                pytest.mark.xfail(reason="the conversion doesn't round-trip yet", strict=False)
            )
