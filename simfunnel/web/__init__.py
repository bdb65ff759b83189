"""The what-if page: a server on the analyst's own machine, and the page it serves."""
