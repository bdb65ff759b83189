"""Between text and values: numbers, dates, names, cells. Nothing here knows what a scenario or a deal is."""
