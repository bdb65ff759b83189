"""Any file, or a data frame, as headers and rows of cells."""
