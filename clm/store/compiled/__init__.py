"""The compiled decoder; imported when the first entries are decoded, never before."""
