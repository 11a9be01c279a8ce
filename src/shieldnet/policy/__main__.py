"""Run the filter."""

import sys

from shieldnet.policy.service import main

if __name__ == "__main__":
    main(sys.argv[1:])
