"""`python -m brp_proxy <role or command>`."""

from platformkit.main import main

if __name__ == "__main__":
    main("brp_proxy")
