"""Generators of calls for the recorder, one module for each kind of layer or function."""
