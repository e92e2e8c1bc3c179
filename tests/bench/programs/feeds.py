"""Feeds read by feedparser; tables found in text by TextFSM."""

import io

import feedparser
import textfsm

ENTRY = "<item><title>Entry {i} &amp; more</title><link>http://e.org/{i}</link><description>&lt;p&gt;text &lt;b&gt;bold&lt;/b&gt;&lt;/p&gt;</description><pubDate>Mon, {d:02} Jan 2024 10:00:00 GMT</pubDate></item>"
FEED = "<?xml version='1.0'?><rss version='2.0'><channel><title>News</title><link>http://e.org/</link>" + "".join(
    ENTRY.format(i=i, d=i % 28 + 1) for i in range(25)
) + "</channel></rss>"


TEMPLATE = r"""Value Required NAME (\S+)
Value STATE (up|down)
Value List ADDRESS (\d+\.\d+\.\d+\.\d+)

Start
  ^interface ${NAME}
  ^\s+state ${STATE}
  ^\s+address ${ADDRESS}
  ^$$ -> Record
"""


def interfaces():
    text = "".join(f"interface eth{i}\n  state {'up' if i % 2 else 'down'}\n  address 10.0.0.{i}\n  address 10.1.0.{i}\n\n" for i in range(40))
    return textfsm.TextFSM(io.StringIO(TEMPLATE)).ParseText(text)


def main():
    feed = feedparser.parse(FEED)
    print(feed.feed.title, len(feed.entries), feed.entries[3].published_parsed[:3])
    print(len(interfaces()))


main()
