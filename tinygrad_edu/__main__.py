"""`python -m tinygrad_edu`: run scripts, and draw what they compute."""

from .command_line import main

if __name__ == "__main__":
    main()
