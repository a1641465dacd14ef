"""python -m bot is handbill."""

from bot.cli import main

if __name__ == "__main__":
    main()
