"""The law of the process, computed: when a deal is won, given that it is won."""
