"""A workbook: what finance opens."""
