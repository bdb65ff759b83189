"""The `outcomes` kernels: for each deal and trial only the period in which it is won."""
