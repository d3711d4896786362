const baseUrl: string = import.meta.env.VITE_API_URL ?? "";

export interface Me {
  email: string;
}

export interface Item {
  id: number;
  title: string;
  created_at: string;
}

export interface Credentials {
  email: string;
  password: string;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function call<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
  const response = await fetch(baseUrl + path, {
    method,
    credentials: "include",
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new ApiError(response.status, reason(response.status, text));
  return (text ? JSON.parse(text) : undefined) as T;
}

/** What FastAPI says went wrong: one sentence, or a list with one entry for each field. */
export function reason(status: number, text: string): string {
  try {
    const { detail } = JSON.parse(text) as { detail: string | { loc: string[]; msg: string }[] };
    if (typeof detail === "string") return detail;
    return detail.map((d) => `${d.loc.at(-1)}: ${d.msg}`).join("; ");
  } catch {
    return `The server answered ${status}`;
  }
}

export const signUpUrl = "/auth/sign-up";
export const signInUrl = "/auth/sign-in";
export const googleUrl = `${baseUrl}/auth/google`;
export const docsUrl = `${baseUrl}/docs`;

export const api = {
  me: () => call<Me>("GET", "/auth/me"),
  methods: () => call<{ google: boolean }>("GET", "/auth/methods"),
  enter: (path: string, given: Credentials) => call<Me>("POST", path, given),
  signOut: () => call<void>("POST", "/auth/sign-out"),
  items: () => call<Item[]>("GET", "/items"),
  addItem: (title: string) => call<Item>("POST", "/items", { title }),
  ready: () => call<{ status: string; database: string }>("GET", "/health/ready"),
};
