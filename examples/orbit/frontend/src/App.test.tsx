import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { App } from "./App";
import { reason } from "./api";

type Answers = Record<string, { status?: number; body: unknown }>;

/** A server that answers by method and path; everything else is 404. */
function serve(answers: Answers) {
  const calls: { path: string; init: RequestInit }[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const path = `${init.method} ${new URL(url, "http://page").pathname}`;
    calls.push({ path, init });
    const { status = 200, body } = answers[path] ?? { status: 404, body: { detail: "no" } };
    return new Response(status === 204 ? null : JSON.stringify(body), { status });
  });
  return calls;
}

const nobody: Answers = {
  "GET /auth/me": { status: 401, body: { detail: "Sign in first" } },
  "GET /auth/methods": { body: { password: true, google: false } },
  "GET /health/ready": { body: { status: "ready", database: "connected" } },
};

const ada: Answers = {
  ...nobody,
  "GET /auth/me": { body: { email: "ada@example.com" } },
  "GET /items": { body: [{ id: 1, title: "tea", created_at: "2024-01-01T00:00:00Z" }] },
};

function fillIn() {
  fireEvent.change(screen.getByLabelText("Email"), { target: { value: "ada@example.com" } });
  fireEvent.change(screen.getByLabelText("Password"), { target: { value: "correct horse" } });
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("shows the list of who is signed in", async () => {
  serve(ada);
  render(<App />);
  expect(await screen.findByText("tea")).toBeTruthy();
  expect(screen.getByText("ada@example.com")).toBeTruthy();
  expect(await screen.findByText(/Database: connected/)).toBeTruthy();
});

test("adds an item on top, its title trimmed", async () => {
  const calls = serve({
    ...ada,
    "POST /items": { status: 201, body: { id: 2, title: "milk", created_at: "2024-01-02T00:00:00Z" } },
  });
  render(<App />);
  await screen.findByText("tea");
  fireEvent.change(screen.getByLabelText("New item"), { target: { value: " milk " } });
  fireEvent.click(screen.getByText("Add"));
  await screen.findByText("milk");
  expect(screen.getAllByRole("listitem").map((li) => li.firstChild?.textContent)).toEqual(["milk", "tea"]);
  expect(calls.at(-1)?.init.body).toBe('{"title":"milk"}');
});

test("signs in, and sends the cookie along", async () => {
  const calls = serve({
    ...nobody,
    "POST /auth/sign-in": { body: { email: "ada@example.com" } },
    "GET /items": { body: [] },
  });
  render(<App />);
  await screen.findByLabelText("Email");
  fillIn();
  fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByText(/Nothing yet/)).toBeTruthy();
  expect(calls.every((call) => call.init.credentials === "include")).toBe(true);
});

test("says why an account could not be made", async () => {
  serve({
    ...nobody,
    "POST /auth/sign-up": { status: 409, body: { detail: "This address already has an account" } },
  });
  render(<App />);
  fireEvent.click(await screen.findByText("I am new here"));
  fillIn();
  fireEvent.click(screen.getByText("Create account"));
  expect((await screen.findByRole("alert")).textContent).toBe("This address already has an account");
});

test("signs out", async () => {
  serve({ ...ada, "POST /auth/sign-out": { status: 204, body: null } });
  render(<App />);
  fireEvent.click(await screen.findByText("Sign out"));
  expect(await screen.findByLabelText("Password")).toBeTruthy();
});

test("says so when there is no API", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  render(<App />);
  expect((await screen.findByRole("alert")).textContent).toBe("The API cannot be reached.");
  expect(screen.getByText(/Database: not ready/)).toBeTruthy();
});

test("reads what FastAPI answers", () => {
  expect(reason(422, '{"detail":[{"loc":["body","email"],"msg":"wrong form"}]}')).toBe("email: wrong form");
  expect(reason(502, "<html>")).toBe("The server answered 502");
});
