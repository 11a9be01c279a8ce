"""scan → unlock → messages: pure functions from rows to rows, no engine and no case inside."""
