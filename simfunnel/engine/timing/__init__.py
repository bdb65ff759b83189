"""When deals and leads are won, given that they are: tables that kernels and the exact engine read."""
