"""Records checked by marshmallow and kept by TinyDB."""

import datetime

import marshmallow as ma
import tinydb
from marshmallow import fields, validate
from tinydb.storages import MemoryStorage


class Address(ma.Schema):
    street = fields.String(required=True)
    number = fields.Integer(validate=validate.Range(min=1))


class Person(ma.Schema):
    name = fields.String(required=True, validate=validate.Length(min=2))
    email = fields.Email()
    born = fields.Date()
    addresses = fields.List(fields.Nested(Address))
    age = fields.Method("compute_age")

    def compute_age(self, person):
        return 2024 - person["born"].year

    @ma.post_load
    def tag(self, data, **kwargs):
        return {**data, "tag": data["name"][:2]}


def people():
    for i in range(40):
        yield {
            "name": f"person {i}",
            "email": f"p{i}@example.org" if i % 5 else "wrong",
            "born": f"19{60 + i % 40}-02-0{1 + i % 9}",
            "addresses": [{"street": "s", "number": i % 3}] * (i % 3),
        }


def load(schema, database):
    errors = 0
    for person in people():
        try:
            record = schema.load(person)
        except ma.ValidationError as error:
            errors += len(error.messages)
            continue
        database.insert({**record, "born": record["born"].isoformat()})
    return errors


def main():
    database = tinydb.TinyDB(storage=MemoryStorage)
    schema = Person()
    print(load(schema, database))
    query = tinydb.Query()
    found = database.search((query.tag == "pe") & query.addresses.any(query.number == 1))
    database.update({"seen": True}, query.name.matches("person 1.*"))
    print(len(found), database.count(query.seen.exists()))
    print(len(schema.dumps([{"name": "x", "born": datetime.date(1990, 1, 1)}] * 20, many=True)))


main()
