"""Measurements that anyone can repeat; nothing in the project imports them."""
