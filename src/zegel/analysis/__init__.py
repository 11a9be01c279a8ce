"""Pure functions on rows: threads, contacts, timeline. They know no case, no folder, no file."""
