"""Use cases over the ports; the facade, the workers and the replay call the same ones."""
