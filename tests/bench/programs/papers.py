"""A PDF file made, stamped, split and read by pypdf."""

import io

import pypdf
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject


def make(pages):
    writer = pypdf.PdfWriter()
    font = DictionaryObject({NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"), NameObject("/BaseFont"): NameObject("/Helvetica")})
    for i in range(pages):
        page = writer.add_blank_page(width=300, height=300)
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 20 {200 - i} Td (Page number {i}) Tj 0 -20 Td (second line) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(content)
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})})
        if i % 3 == 0:
            writer.add_outline_item(f"chapter {i}", i)
    writer.add_metadata({"/Title": "Pages"})
    out = io.BytesIO()
    writer.write(out)
    return out


def rotated(file):
    reader, writer = pypdf.PdfReader(file), pypdf.PdfWriter()
    for page in reader.pages[::2]:
        writer.add_page(page).rotate(90)
    writer.add_page(reader.pages[0])
    out = io.BytesIO()
    writer.write(out)
    return out


def main():
    file = make(20)
    reader = pypdf.PdfReader(file)
    print(reader.metadata.title, len(reader.outline), sum(len(page.extract_text()) for page in reader.pages))
    print(len(pypdf.PdfReader(rotated(file)).pages))


main()
