"""Seeded traffic of a shielded network, written as copied servers with ground truth beside them."""
