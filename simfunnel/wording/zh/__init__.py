"""Chinese: its catalogue as data, and how it writes numbers and days."""
