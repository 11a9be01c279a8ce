"""Shieldnet: a shielded messaging network, and in its test mode ground truth for `zegel`."""

__version__ = "0.1.0"
