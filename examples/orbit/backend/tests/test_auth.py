from fastapi.testclient import TestClient

ADA = {"email": "ada@example.com", "password": "correct horse"}


def test_sign_up_in_and_out(client: TestClient) -> None:
    assert client.get("/auth/me").status_code == 401
    assert client.post("/auth/sign-up", json=ADA).status_code == 201
    assert client.get("/auth/me").json() == {"email": "ada@example.com"}
    assert client.post("/auth/sign-out").status_code == 204
    assert client.get("/auth/me").status_code == 401
    assert client.post("/auth/sign-in", json=ADA).status_code == 200
    assert client.get("/auth/me").status_code == 200


def test_wrong_password_and_nobody_sound_the_same(signed_in: TestClient) -> None:
    wrong = signed_in.post("/auth/sign-in", json={**ADA, "password": "battery staple"})
    nobody = signed_in.post("/auth/sign-in", json={**ADA, "email": "bob@example.com"})
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.json() == nobody.json()


def test_address_taken(signed_in: TestClient) -> None:
    again = signed_in.post("/auth/sign-up", json={**ADA, "email": "Ada@Example.com"})
    assert again.status_code == 409


def test_sign_in_is_limited(client: TestClient) -> None:
    answers = [client.post("/auth/sign-in", json=ADA) for _ in range(31)]
    assert answers[29].status_code == 401
    assert answers[30].status_code == 429
    assert int(answers[30].headers["retry-after"]) > 0


def test_google_without_keys(client: TestClient) -> None:
    assert client.get("/auth/methods").json() == {"password": True, "google": False}
    assert client.get("/auth/google").status_code == 404
