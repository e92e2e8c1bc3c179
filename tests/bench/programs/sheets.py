"""A workbook written and read by openpyxl."""

import io

import openpyxl
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter


def write():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sales"
    sheet.append(["Product", "Count", "Price", "Total"])
    for i in range(60):
        sheet.append([f"product {i % 7}", i, i * 1.25, f"=B{i + 2}*C{i + 2}"])
    for cell in sheet[1]:
        cell.font = Font(bold=True, color="FF0000")
        cell.alignment = Alignment(horizontal="center")
    for column in range(1, 5):
        sheet.column_dimensions[get_column_letter(column)].width = 15
    sheet.merge_cells("F1:H2")
    out = io.BytesIO()
    book.save(out)
    return out


def read(file):
    book = openpyxl.load_workbook(file)
    sheet = book["Sales"]
    total = sum(row[1].value for row in sheet.iter_rows(min_row=2))
    return total, sheet.max_row, [r.coord for r in sheet.merged_cells.ranges]


def main():
    file = write()
    file.seek(0)
    print(read(file))


main()
