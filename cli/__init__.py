"""The command line: a thin door to the loops."""

import os

# Sums in one order, the same on every machine; several threads also wait for each other on a busy one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
