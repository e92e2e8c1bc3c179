"""Tables, trees and coloured text with rich."""

import io

import rich.console
import rich.table
import rich.tree
from rich.markdown import Markdown
from rich.panel import Panel


def main():
    console = rich.console.Console(file=io.StringIO(), width=80, force_terminal=True)
    table = rich.table.Table(title="Numbers", show_lines=True)
    for name in ("n", "square", "text"):
        table.add_column(name, justify="right", style="cyan")
    for i in range(15):
        table.add_row(str(i), str(i * i), f"[bold]row {i}[/bold] with a longer text that wraps")
    console.print(table)
    tree = rich.tree.Tree("root")
    for i in range(5):
        branch = tree.add(f"branch {i}")
        for j in range(3):
            branch.add(f"[green]leaf {i}.{j}")
    console.print(Panel(tree))
    console.print(Markdown("# Title\n\n* a\n* b\n\n`code` and *text*"))
    console.print({"a": [1, 2, {"b": None}]}, highlight=True)
    print(len(console.file.getvalue()) > 1000)


main()
