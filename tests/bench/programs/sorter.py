"""Imports sorted by isort, in several styles."""

import isort

CODE = "import sys, os\nfrom b import (c, a,\n  d)\nimport numpy as np\nfrom . import x\nfrom typing import *\n\nimport json\nfrom a.b import c as d, e\n\nx = 1\nimport late\n" * 6


def main():
    for profile in ("black", "google", "django"):
        config = isort.Config(profile=profile, line_length=60)
        for _ in range(3):
            text = isort.code(CODE, config=config)
        print(profile, len(text), isort.check_code(text, config=config))
    print(len(list(isort.find_imports_in_code(CODE))))


main()
