"""Two commits side by side: whether any number, file, page or message differs, and whether any command is slower."""
