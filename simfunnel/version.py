"""The version of simfunnel: in every saved result, and in the key of the kernel cache."""

__version__ = "0.1.0"
