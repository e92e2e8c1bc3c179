"""Every link of the documents leads somewhere: files and headings inside the project; and every document is reached from README.md."""

import os
import pathlib
import re
import sys

source = pathlib.Path(os.environ.get("PROFCONV_SOURCE", pathlib.Path(__file__).parents[1]))
link = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def without_code(text):
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    text = re.sub(r"^ {4}.*$", "", text, flags=re.M)
    return re.sub(r"`[^`\n]*`", lambda code: code[0].replace("[", " ").replace("]", " ").replace("(", " "), text)


def anchors(path):
    """As GitHub makes them of headings."""
    found = set()
    for heading in re.findall(r"^#+ +(.+?)\s*$", re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S), re.M):
        plain = link.sub(lambda m: m[0][1 : m[0].index("]")], heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def main():
    documents = [source / "README.md", source / "CHANGELOG.md", *sorted((source / "docs").rglob("*.md")), *sorted((source / "testdata").rglob("*.md")),
                 *sorted((source / "tests").rglob("*.md"))]
    faults, seen, count = [], {source / "README.md"}, 0
    links = {}
    for document in documents:
        links[document] = set()
        for target in link.findall(without_code(document.read_text(encoding="utf-8"))):
            if re.match(r"[a-z]+:", target):
                continue
            count += 1
            name, _, anchor = target.partition("#")
            path = (document.parent / name).resolve() if name else document
            if not path.exists() or source not in [path, *path.parents]:
                faults.append(f"{document.relative_to(source)}: there is no {target}")
            elif anchor and anchor not in anchors(path):
                faults.append(f"{document.relative_to(source)}: no heading for {target}, there are {', '.join(sorted(anchors(path)))}")
            links[document].add(path)
    open_ones = [source / "README.md"]
    while open_ones:
        for path in links.get(open_ones.pop(), ()):
            if path not in seen:
                seen.add(path)
                open_ones.append(path)
    for document in documents:
        if "docs" in document.relative_to(source).parts and document not in seen:
            faults.append(f"{document.relative_to(source)} cannot be reached from README.md")
    large = [path for path in (source / "docs/images").iterdir() if path.stat().st_size > 300_000]
    faults += [f"{path.relative_to(source)} is larger than 300 kB" for path in large]
    print("\n".join(faults) or f"{count} links lead somewhere")
    return bool(faults) or count < 50


if __name__ == "__main__":
    sys.exit(main())
