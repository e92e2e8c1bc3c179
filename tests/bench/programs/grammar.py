"""A calculator, a JSON parser and a CSV-like one with pyparsing."""

import json

import pyparsing as pp


def arithmetic():
    integer = pp.Word(pp.nums).set_parse_action(lambda t: int(t[0]))
    name = pp.Word(pp.alphas)
    operand = integer | name
    ops = [("-", 1, pp.opAssoc.RIGHT), (pp.one_of("* /"), 2, pp.opAssoc.LEFT), (pp.one_of("+ -"), 2, pp.opAssoc.LEFT)]
    return pp.infix_notation(operand, ops)


def json_parser():
    value = pp.Forward()
    string = pp.dbl_quoted_string().set_parse_action(pp.remove_quotes)
    number = pp.common.number()
    array = pp.Group(pp.Suppress("[") + pp.Optional(pp.DelimitedList(value)) + pp.Suppress("]"))
    member = pp.Group(string + pp.Suppress(":") + value)
    obj = pp.Dict(pp.Group(pp.Suppress("{") + pp.Optional(pp.DelimitedList(member)) + pp.Suppress("}")))
    value << (string | number | obj | array | pp.Keyword("true") | pp.Keyword("false") | pp.Keyword("null"))
    return value


def main():
    calc = arithmetic()
    for text in ("1 + 2 * 3", "-(a + 4) * (b - 2) / 7", "((1))", "1 - 2 - 3 - 4 * 5"):
        print(calc.parse_string(text, parse_all=True).as_list())
    document = {"list": list(range(12)), "nested": {"a": [1.5, "two", None], "b": {"c": True}}, "text": "hello"}
    parsed = json_parser().parse_string(json.dumps(document))
    print(len(parsed[0]))
    try:
        calc.parse_string("1 + + +", parse_all=True)
    except pp.ParseException as e:
        print(e.loc)


main()
