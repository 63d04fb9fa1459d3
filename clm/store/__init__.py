"""Adapters to Redis, RQ and the disk, each with a twin in memory."""
