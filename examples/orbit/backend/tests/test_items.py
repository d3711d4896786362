from fastapi.testclient import TestClient


def test_items_want_a_session(client: TestClient) -> None:
    assert client.get("/items").status_code == 401
    assert client.post("/items", json={"title": "tea"}).status_code == 401


def test_add_and_list(signed_in: TestClient) -> None:
    assert signed_in.get("/items").json() == []
    assert signed_in.post("/items", json={"title": "tea"}).status_code == 201
    assert signed_in.post("/items", json={"title": "milk"}).status_code == 201
    assert [item["title"] for item in signed_in.get("/items").json()] == ["milk", "tea"]


def test_everybody_has_their_own(signed_in: TestClient) -> None:
    signed_in.post("/items", json={"title": "tea"})
    signed_in.post("/auth/sign-up", json={"email": "bob@example.com", "password": "12345678"})
    assert signed_in.get("/items").json() == []


def test_empty_title(signed_in: TestClient) -> None:
    assert signed_in.post("/items", json={"title": ""}).status_code == 422
