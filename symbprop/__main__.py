"""``python -m symbprop``."""

from symbprop.cli import main

if __name__ == "__main__":
    main()
