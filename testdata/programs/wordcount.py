"""Counts the words of a small text and finds likely spelling mistakes.

Runs on Python 2.7 and 3. The slow part is edit_distance: every rare word is
compared with every common one.
"""

import json
import re

TEXT = """
The keeper of the lighthouse wrote every evening what the sea had done. The
wind came from the west, and the waves broke over the rocks below the tower.
A ship passed at nine; its lamps were bright, and the keeper answered it. In
the morning the sea was calm. The keeper climed the tower and cleaned the
lamp, and a boat broght letters and bread. The wind turned to the north, and
the wavves grew. No shipp passed that day, and the keper wrote: the evning was
long, the lamp was bright, the sea was loud, and the roks stood. On the third
day a ship came close to the rocks. The keeper climbed the tower and turned
the lamp; the ship answered and passed, and the waves broke behind it. In the
evening a boat brought bread and letters. The lettters came from the captain
of the ship: the nigt had been dark, he wrote, and every light was welcome.
The keeper read them by the lamp, climbed the tower once more, and wrote: calm
sea, clear night, brigt stars, no wind. The night was long and the lamp burned.
The boat turned hom in the mornin, and the waves brought it home by evening;
home is where the lamp is, the keeper wrote, and cleaned the glass again.
"""
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


class Tokenizer(object):
    """Cuts text into lower-case words, line by line."""

    def __init__(self, text):
        self.lines = text.strip().splitlines()

    def words(self):
        for number, line in enumerate(self.lines, 1):
            for match in WORD.finditer(line.lower()):
                yield number, match.group()


class Index(object):
    """Knows the lines on which every word stands."""

    def __init__(self):
        self.places = {}

    def add(self, word, line):
        self.places.setdefault(word, []).append(line)

    def count(self, word):
        return len(self.places.get(word, ()))

    def by_count(self):
        return sorted(self.places, key=lambda word: (-self.count(word), word))

    def rare(self):
        return [word for word in self.by_count() if self.count(word) == 1]


def edit_distance(a, b):
    """The number of letters to insert, delete or replace to turn a into b."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            change = diagonal + (x != y)
            diagonal = row[j]
            row[j] = min(change, row[j] + 1, row[j - 1] + 1)
    return row[-1]


def suggest(word, known):
    """The closest known word, or None if none is one letter away."""
    best = min(known, key=lambda other: (edit_distance(word, other), other))
    return best if edit_distance(word, best) == 1 else None


def find_mistakes(index):
    common = [word for word in index.by_count() if index.count(word) > 1]
    mistakes = {}
    for word in index.rare():
        if len(word) > 3:
            better = suggest(word, common)
            if better is not None:
                mistakes[word] = better
    return mistakes


def build_index(text):
    index = Index()
    for line, word in Tokenizer(text).words():
        index.add(word, line)
    return index


def report(index, mistakes):
    top = [[word, index.count(word)] for word in index.by_count()[:5]]
    return json.dumps({"mistakes": mistakes, "top": top}, sort_keys=True)


def main():
    index = build_index(TEXT)
    print(report(index, find_mistakes(index)))


if __name__ == "__main__":
    main()
