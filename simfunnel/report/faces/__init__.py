"""One file a result: its JSON keys, tables, page and pictures."""
