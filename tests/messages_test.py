"""Every message of the library and the tools stands in some test: its longest literal piece is looked for there.

A message that no test mentions may be wrong, unreachable or a puzzle without anybody noticing. Found are the literals of
whatever throws, fails, warns or notes; pieces shorter than 10 letters say nothing and are left out.

messages_without_test.txt lists those that have none yet. The list only gets shorter: a message that is on it and has a test fails, and
so does a new one without a test. `messages_test.py --list` prints what would have to be on it.
"""

import os
import pathlib
import re
import sys

source = pathlib.Path(os.environ.get("PROFCONV_SOURCE", pathlib.Path(__file__).parents[1]))
literal = r'"((?:[^"\\\n]|\\.)*)"'
call = re.compile(r"\b(fail\w*|\w*Error|warn|note|met_message|refuse\w*|require\w*|complain\w*)\s*[({]")


def statement(text, begin):
    """From the opening bracket to its end."""
    depth, quoted, at = 0, False, begin
    while at < len(text):
        c = text[at]
        if quoted:
            if c == "\\":
                at += 1
            elif c == '"':
                quoted = False
        elif c == '"':
            quoted = True
        elif c in "({":
            depth += 1
        elif c in ")}":
            depth -= 1
            if depth == 0:
                break
        at += 1
    return text[begin:at]


def is_twin(words, tested):
    """One of two forms of one message, for one and for many: the other one is in a test."""
    plain = lambda text: re.sub(r"[^a-z]", "", re.sub(r"\b(is|are|was|were|has|have|its|their|it|they|a|an|one|does|do)\b|(?<=[a-z])s\b|(?<=[a-z])ies\b|'", "", text))
    return plain(words) in {plain(other) for other in tested}


def pieces(argument):
    """Adjacent literals are one text."""
    joined = re.sub(r'"\s*\n\s*"', "", argument)
    return [piece for piece in re.findall(literal, joined) if len(re.sub(r"[^a-z]", "", piece)) >= 10]


def messages(path):
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"^\s*//.*$", "", text, flags=re.M)
    found = {}
    for match in call.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        for piece in pieces(statement(text, match.end() - 1)):
            found.setdefault(piece, line)
    return found


def main():
    tests = "\n".join(path.read_text(encoding="utf-8", errors="replace") for pattern in ("*.py", "*.cpp", "*.hpp") for path in sorted((source / "tests").rglob(pattern))
                      if path.name != "messages_test.py")
    tests = re.sub(r'"\s*\n\s*r?f?"', "", tests)  # literals that go on in the next line
    for path in sorted((source / "testdata").rglob("*")):  # messages are a part of goldens, too
        if path.suffix in (".txt", ".dump", ".callgrind", ".messages", ".expected"):
            tests += path.read_text(encoding="utf-8", errors="replace")
    missing, tested, count = [], set(), 0
    for top in ("lib", "tools"):
        for path in sorted((source / top).rglob("*.[ch]pp")):
            if "python" in path.relative_to(source).parts:
                continue  # tests/python compares these
            for piece, line in messages(path).items():
                count += 1
                words = piece.strip().replace('\\"', '"')
                if words in tests or piece.strip() in tests:
                    tested.add(words)
                else:
                    missing.append((f"{path.relative_to(source)}:{line}: ", words))
    missing = {words: where for where, words in missing if not is_twin(words, tested)}
    if sys.argv[1:] == ["--list"]:
        print("\n".join(sorted(missing)))
        return 0
    known = set((source / "tests/messages_without_test.txt").read_text(encoding="utf-8").splitlines())
    new = [where + words for words, where in missing.items() if words not in known]
    done = sorted(known - set(missing))
    for text in new:
        print(text, "(no test mentions it)")
    for text in done:
        print(text, "(has a test now, or is gone: take it off messages_without_test.txt)")
    print(f"{count - len(missing)} of {count} messages are in tests")
    return bool(new or done) or count < 200


if __name__ == "__main__":
    sys.exit(main())
