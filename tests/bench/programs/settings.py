"""A command line tool: options, configuration files, tables, logging, dates."""

import argparse
import configparser
import csv
import datetime
import io
import logging
import pprint
import string

CONFIG = "[paths]\nroot = /srv\ndata = %(root)s/data\n\n[limits]\n" + "".join(f"limit{i} = {i}\n" for i in range(40))


def parser():
    p = argparse.ArgumentParser(prog="tool", description="does things")
    p.add_argument("--verbose", action="store_true")
    commands = p.add_subparsers(dest="command", required=True)
    show = commands.add_parser("show", help="shows")
    show.add_argument("names", nargs="+")
    show.add_argument("--format", choices=["text", "csv"], default="text")
    load = commands.add_parser("load")
    load.add_argument("--since", type=datetime.date.fromisoformat)
    return p


def read_config():
    config = configparser.ConfigParser()
    config.read_string(CONFIG)
    return {section: dict(config[section]) for section in config.sections()}


def write_table(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def main():
    log = logging.getLogger("tool")
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    p = parser()
    for line in ("show a b --format csv", "--verbose load --since 2024-02-29", "show x"):
        log.info("options %s", p.parse_args(line.split()))
    print(len(p.format_help()))
    config = read_config()
    rows = [{"id": i, "name": f"n{i}", "when": datetime.date(2024, 1, 1) + datetime.timedelta(days=i)} for i in range(60)]
    print(len(write_table(rows)), len(pprint.pformat(config)), len(pprint.pformat(rows, width=40)))
    template = string.Template("$name on ${when}")
    for row in rows:
        log.info("%s", template.substitute(row))


main()
