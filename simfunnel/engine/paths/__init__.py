"""The `paths` kernels: deals walked stage by stage."""
