"""What is protected, known by keyed hashes only, and which messages are set apart for it.

The key belongs to the privilege officer: it lies outside the case and is used in that person's
process alone. Nothing here says which entry of the register a message matched.
"""
