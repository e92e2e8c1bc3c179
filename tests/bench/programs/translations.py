"""Numbers, dates and messages of several languages with Babel; dates understood by dateutil."""

import datetime
import io

from babel import Locale, dates, numbers
from babel.messages import catalog, extract, pofile
from dateutil import parser, rrule

WHEN = datetime.datetime(2024, 2, 29, 13, 5)


def formatted():
    for name in ("de_DE", "en_US", "fr_FR", "ja_JP"):
        locale = Locale.parse(name)
        yield numbers.format_currency(12345.678, "EUR", locale=locale)
        yield numbers.format_decimal(1234.5, locale=locale)
        yield dates.format_datetime(WHEN, "full", locale=locale)
        yield dates.format_timedelta(datetime.timedelta(days=40), locale=locale)
        yield locale.get_display_name("en")


def messages():
    source = io.BytesIO(b"".join(b"print(_('message %d'))\nngettext('one', 'many %d', n)\n" % (i, i) for i in range(40)))
    found = catalog.Catalog(locale="de")
    for line, message, comments, context in extract.extract("python", source):
        found.add(message, None, [("x.py", line)], auto_comments=comments, context=context)
    out = io.BytesIO()
    pofile.write_po(out, found)
    out.seek(0)
    return len(pofile.read_po(out))


def schedule():
    texts = ["2024-03-01", "Mar 5 2024 10:30 PM", "5/6/2024", "Thu, 25 Sep 2003 10:49:41 -0300", "20240101T101010"] * 6
    days = list(rrule.rrule(rrule.MONTHLY, count=30, byweekday=rrule.FR, bysetpos=-1, dtstart=WHEN))
    return max(parser.parse(t).replace(tzinfo=None) for t in texts), days[-1]


def main():
    print(len("".join(formatted())), messages(), *schedule())


main()
