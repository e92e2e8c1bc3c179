"""Requests with httpx, to a server that is a function; in turns and at once."""

import asyncio

import httpx


def server(request):
    if request.url.path == "/redirect":
        return httpx.Response(302, headers={"location": "/items/1"})
    if request.method == "POST":
        return httpx.Response(201, json={"got": len(request.content)})
    return httpx.Response(200, json={"path": request.url.path, "query": dict(request.url.params)}, headers={"set-cookie": "a=b"})


def in_turns():
    with httpx.Client(transport=httpx.MockTransport(server), base_url="https://example.org", follow_redirects=True) as client:
        for i in range(25):
            client.get(f"/items/{i}", params={"page": i, "q": "a b"}).json()
        client.post("/items", json={"name": "x"}, files=None)
        client.post("/upload", files={"file": ("a.txt", b"text" * 50)})
        return client.get("/redirect").url


async def at_once():
    async with httpx.AsyncClient(transport=httpx.MockTransport(server), auth=("user", "pass")) as client:
        answers = await asyncio.gather(*(client.get(f"https://example.org/{i}") for i in range(25)))
    return sum(answer.status_code for answer in answers)


def main():
    print(in_turns(), asyncio.run(at_once()))


main()
