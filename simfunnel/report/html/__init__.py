"""The report: one HTML file that a manager opens; what it shows is computed elsewhere."""
