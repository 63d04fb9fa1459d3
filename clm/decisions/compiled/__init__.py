"""The hot loops of the folds, compiled by numba; imported when a fold first needs them, never before."""
