"""The processes: watcher, shadow, training worker, HTTP, command line."""
