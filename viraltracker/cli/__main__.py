"""`python -m viraltracker.cli`: how the studio starts its own child processes."""

from viraltracker.cli import main

if __name__ == "__main__":
    main()
