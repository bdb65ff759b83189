"""Running on many machines: the executor of a Dask cluster, and how one is reached."""
