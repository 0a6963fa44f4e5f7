"""Settings of all tests: no deadlines, since machines differ."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("shapecalc", deadline=None)
settings.load_profile("shapecalc")
