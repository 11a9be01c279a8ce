"""Dossiers as people make, check and attack them."""
