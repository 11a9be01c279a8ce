"""Samples of the key-store formats; test keys only."""
