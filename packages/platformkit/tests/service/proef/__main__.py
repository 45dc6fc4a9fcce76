"""`python -m proef <role>`: the processes that the tests start, stop and kill."""

from platformkit.main import main

if __name__ == "__main__":
    main("proef")
