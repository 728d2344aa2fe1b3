"""`python -m kpi_toolkit` is `kpi`."""

from kpi_toolkit.cli import main

if __name__ == "__main__":
    main()
