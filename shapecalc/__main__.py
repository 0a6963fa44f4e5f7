"""`python -m shapecalc`."""

from .entry import run

if __name__ == "__main__":
    run()
