"""`python -m signaal <role or command>`."""

from platformkit.main import main

if __name__ == "__main__":
    main("signaal")
