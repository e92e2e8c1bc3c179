"""Little work, many imports: what most short programs are."""

import asyncio
import concurrent.futures
import ctypes.util
import decimal
import email.message
import http.client
import json.tool
import logging.config
import multiprocessing.pool
import sqlite3
import unittest.mock
import urllib.request
import xml.dom.minidom
import xml.etree.ElementTree as ET
from importlib import metadata


class Plugin:
    registry = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        Plugin.registry[cls.__name__] = cls

    def load(self):
        return len(type(self).__name__)


class Mail(Plugin):
    def load(self):
        import smtplib
        from email.mime import multipart, text

        message = multipart.MIMEMultipart()
        message["Subject"] = "x" * 100
        message.attach(text.MIMEText("hello"))
        return len(message.as_string()) + len(smtplib.CRLF)


class Page(Plugin):
    def load(self):
        root = ET.fromstring("<a><b c='1'/><b c='2'>x</b></a>")
        return len(xml.dom.minidom.parseString(ET.tostring(root)).toprettyxml())


def main():
    for name, plugin in sorted(Plugin.registry.items()):
        print(name, plugin().load())
    print(decimal.Decimal(1) / 3, unittest.mock.Mock(a=1).a, logging.config.IDENTIFIER.pattern[:4])


main()
