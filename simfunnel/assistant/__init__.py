"""Forecasts for assistants: the public functions as tools of a server that speaks the Model Context Protocol."""
