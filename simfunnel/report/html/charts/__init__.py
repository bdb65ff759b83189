"""Charts as SVG, with the numbers of the data in them."""
