"""Documents checked against a JSON schema; objects made by attrs."""

import attrs
import jsonschema

SCHEMA = {
    "type": "object",
    "required": ["name", "items"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "pattern": "^[a-z]"},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
    },
    "$defs": {
        "item": {
            "oneOf": [
                {"type": "integer", "minimum": 0},
                {"type": "object", "properties": {"value": {"type": "number"}}, "additionalProperties": False},
            ]
        }
    },
}


@attrs.define
class Order:
    name: str = attrs.field(validator=attrs.validators.instance_of(str), converter=str.strip)
    items: list = attrs.field(factory=list)

    @items.validator
    def check(self, attribute, value):
        if len(value) > 50:
            raise ValueError("too many")


def orders():
    for i in range(30):
        yield Order(f" order {i} ", [i, {"value": i / 2}] * (i % 4))


def main():
    validator = jsonschema.Draft202012Validator(SCHEMA)
    bad = 0
    for order in orders():
        document = attrs.asdict(order)
        if order.name.endswith("7"):
            document["items"].append("wrong")
        bad += len(list(validator.iter_errors(document)))
    print(bad, attrs.evolve(order, name="x").name)


main()
