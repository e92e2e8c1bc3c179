"""A click program with commands in groups, over a file of tomlkit's."""

import click
import tomlkit
from click.testing import CliRunner

CONFIG = "# settings\ntitle = 'x'\n[server]\nport = 80 # http\nhosts = ['a', 'b']\n[[users]]\nname = 'root'\n[[users]]\nname = 'guest'\n"


class State:
    def __init__(self):
        self.document = tomlkit.parse(CONFIG)


pass_state = click.make_pass_decorator(State, ensure=True)


@click.group()
@click.option("--verbose/--quiet", default=False)
@pass_state
def cli(state, verbose):
    state.verbose = verbose


@cli.command()
@click.argument("key")
@click.argument("value", type=int)
@pass_state
def put(state, key, value):
    state.document["server"][key] = value
    click.echo(tomlkit.dumps(state.document))


@cli.command()
@click.option("--count", type=click.IntRange(1, 5), default=2, show_default=True)
@pass_state
def users(state, count):
    for user in state.document["users"][:count]:
        click.secho(user["name"], fg="green")


def main():
    runner = CliRunner()
    for arguments in (["put", "port", "81"], ["--verbose", "users", "--count", "1"], ["users", "--count", "9"], ["--help"], ["users", "--help"]):
        for _ in range(5):
            result = runner.invoke(cli, arguments)
        print(result.exit_code, len(result.output))


main()
