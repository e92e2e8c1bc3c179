"""Compares versions of texts and writes the differences as HTML, which is parsed again."""

import difflib
import html.parser
import random
import textwrap


def variants(lines, seed):
    rng = random.Random(seed)
    out = []
    for line in lines:
        r = rng.random()
        if r < 0.05:
            continue
        if r < 0.1:
            line = line.replace("e", "E")
        out.append(line)
        if r > 0.97:
            out.append("inserted " + line)
    return out


class Text(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.depth = 0
        self.texts = []

    def handle_starttag(self, tag, attrs):
        self.depth += 1
        if tag == "td" and dict(attrs).get("class") == "diff_header":
            self.texts.append("header")

    def handle_endtag(self, tag):
        self.depth -= 1

    def handle_data(self, data):
        if data.strip():
            self.texts.append(data.strip())


def report(old, new):
    unified = list(difflib.unified_diff(old, new))
    ndiff = list(difflib.ndiff(old[:60], new[:60]))
    page = difflib.HtmlDiff(wrapcolumn=60).make_file(old[:120], new[:120])
    parser = Text()
    parser.feed(page)
    return len(unified), len(ndiff), len(parser.texts)


def main():
    with open(textwrap.__file__, encoding="utf-8") as f:
        lines = f.read().splitlines()
    for seed in range(3):
        print(report(lines, variants(lines, seed)))
    print(difflib.get_close_matches("wrap", [line.strip() for line in lines if line.strip()]))


main()
