"""A page taken apart and changed with BeautifulSoup, over html.parser."""

import bs4

ROWS = "".join(f"<tr class='r{i % 3}'><td>{i}</td><td><a href='/x/{i}'>item <b>{i}</b></a></td></tr>" for i in range(60))
PAGE = f"<html><head><title>Shop</title></head><body><div id=main><h1>Items</h1><table>{ROWS}</table><p>the end<br></div></body></html>"


def links(soup):
    return [a["href"] for a in soup.find_all("a", href=True)]


def prices(soup):
    table = {}
    for row in soup.select("tr.r1 > td:first-child"):
        table[row.get_text(strip=True)] = len(list(row.next_siblings))
    return table


def tidy(soup):
    for bold in soup.find_all("b"):
        bold.unwrap()
    for row in soup.find_all("tr", class_="r2"):
        row.decompose()
    heading = soup.new_tag("h2", id="second")
    heading.string = "Second"
    soup.h1.insert_after(heading)
    return soup


def main():
    soup = bs4.BeautifulSoup(PAGE, "html.parser")
    print(soup.title.string, len(links(soup)), len(prices(soup)))
    print(len(tidy(soup).prettify()), len(str(soup)))


main()
