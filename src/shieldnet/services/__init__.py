"""The servers a site is made of: a folder each, with its templates and the code that starts it."""
