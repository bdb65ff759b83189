"""``python -m simfunnel``."""

from simfunnel.cli import program

if __name__ == "__main__":
    program()
