"""reStructuredText to HTML with docutils."""

import docutils.core

TEXT = """
Title
=====

:Author: someone
:Date: today

A paragraph with *emphasis*, **strong**, ``literal`` and a link_.

.. _link: https://example.org/

Section
-------

* one

  - nested
  - list

* two [#note]_

.. [#note] A footnote.

===== =====
A     B
===== =====
1     2
x     y
===== =====

.. code:: python

   print("x")

.. note:: careful

1. first
2. second

Term
  Definition
"""


def main():
    for writer in ("html5", "latex", "pseudoxml"):
        text = docutils.core.publish_string(TEXT, writer_name=writer, settings_overrides={"report_level": 5})
        print(writer, len(text) > 100)


main()
