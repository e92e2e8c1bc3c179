"""Requests to a Flask application through its test client."""

import flask


def create_app():
    app = flask.Flask(__name__)
    app.secret_key = "x"
    store = {}

    @app.before_request
    def count():
        flask.g.count = len(store)

    @app.route("/items/<int:number>", methods=["GET", "PUT"])
    def item(number):
        if flask.request.method == "PUT":
            store[number] = flask.request.get_json()
            return flask.jsonify(ok=True), 201
        if number not in store:
            flask.abort(404)
        return flask.jsonify(store[number])

    @app.route("/login", methods=["POST"])
    def login():
        flask.session["name"] = flask.request.form["name"]
        return flask.redirect(flask.url_for("hello"))

    @app.route("/")
    def hello():
        return flask.render_template_string("<p>{{ name }}</p>", name=flask.session.get("name", "nobody"))

    return app


def main():
    client = create_app().test_client()
    for number in range(8):
        client.put(f"/items/{number}", json={"n": number})
    codes = [client.get(f"/items/{number}").status_code for number in range(6, 12)]
    client.post("/login", data={"name": "ann"})
    print(codes, client.get("/").text)


main()
