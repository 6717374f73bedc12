"""`python -m llm`, the same as the command `llm`."""

from llm.cli import cli

if __name__ == "__main__":
    cli(prog_name="llm")
