"""YAML read and written with PyYAML's own Python code."""

import yaml

TEXT = "defaults: &defaults\n  retries: 3\n  hosts: [a.example.org, b.example.org]\n" + "".join(
    f"job{i}:\n  <<: *defaults\n  name: \"job number {i}\"\n  when: 2024-01-{i % 28 + 1:02}\n  steps:\n"
    f"    - run: |\n        make all\n        make test\n    - {{uses: tool@v{i}, with: {{level: {i}.5, fast: yes}}}}\n"
    for i in range(12)
)


class Version:
    def __init__(self, major, minor):
        self.major, self.minor = major, minor


def represent(dumper, version):
    return dumper.represent_scalar("!version", f"{version.major}.{version.minor}")


def construct(loader, node):
    return Version(*map(int, loader.construct_scalar(node).split(".")))


def main():
    yaml.SafeDumper.add_representer(Version, represent)
    yaml.SafeLoader.add_constructor("!version", construct)
    jobs = yaml.safe_load(TEXT)
    jobs["version"] = Version(1, 2)
    text = yaml.safe_dump(jobs, sort_keys=False)
    again = yaml.safe_load(text)
    print(len(text), again["version"].minor)
    for event in yaml.parse(TEXT):
        if isinstance(event, yaml.AliasEvent):
            print(event.anchor)
            break


main()
