"""Every option that a tool's --help lists is in the tool's own document, by one of its names at least."""

import os
import pathlib
import re
import subprocess
import sys

source = pathlib.Path(os.environ.get("PROFCONV_SOURCE", pathlib.Path(__file__).parents[1]))
programs = pathlib.Path(os.environ["PROFCONV_BIN"])
option = re.compile(r"^ {2,6}(--?[\w-]+(?:, --?[\w-]+)*)", re.M)


def main():
    faults, count = [], 0
    for tool in ("prof2calltree", "prof2dot", "prof2text"):
        text = subprocess.run([programs / tool, "--help"], stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout
        document = (source / "docs" / f"{tool}.md").read_text(encoding="utf-8")
        document = re.sub(r"^```.*?^```", "", document, flags=re.M | re.S)  # what an example uses it does not explain
        named = {word for code in re.findall(r"`([^`\n]+)`", document) for word in re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", code)}
        for names in option.findall(text.partition("Options:\n")[2].partition("\nExamples:")[0]):
            count += 1
            if not named.intersection(names.split(", ")):
                faults.append(f"docs/{tool}.md does not mention {names}")
    print("\n".join(faults) or f"{count} options are in the documents")
    return bool(faults) or count < 100


if __name__ == "__main__":
    sys.exit(main())
