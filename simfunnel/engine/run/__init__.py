"""Running trials in blocks: the executor, the ledger of results, and the memory they may take."""
