"""Markdown to HTML, twice: Markdown and mistune."""

import markdown
import mistune

TEXT = """# Title

A *paragraph* with **strong** text, `code` and a [link](https://example.org "title").

* item one
* item two
    * nested

1. first
2. second

> A quote
> of two lines

    indented code

```python
def f(): pass
```

| a | b |
|---|---|
| 1 | 2 |

![image](x.png) <b>raw</b> &amp; [ref][1]

[1]: http://example.com
"""


def main():
    converter = markdown.Markdown(extensions=["tables", "fenced_code", "toc"])
    for _ in range(5):
        print(len(converter.reset().convert(TEXT)))
    render = mistune.create_markdown(plugins=["table", "strikethrough"])
    for _ in range(5):
        print(len(render(TEXT)))


main()
