import { type FormEvent, useEffect, useState } from "react";

import { api, googleUrl, type Me, signInUrl, signUpUrl } from "./api";

export function SignIn({ onEnter }: { onEnter: (me: Me) => void }) {
  const [isNew, setIsNew] = useState(false);
  const [google, setGoogle] = useState(false);
  const [trouble, setTrouble] = useState("");

  useEffect(() => {
    api.methods().then(
      (methods) => setGoogle(methods.google),
      () => setGoogle(false),
    );
  }, []);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const given = { email: String(form.get("email")), password: String(form.get("password")) };
    setTrouble("");
    api.enter(isNew ? signUpUrl : signInUrl, given).then(onEnter, (e: Error) => setTrouble(e.message));
  };

  return (
    <form className="card" onSubmit={submit}>
      <h2>{isNew ? "Create an account" : "Sign in"}</h2>
      <label>
        Email
        <input name="email" type="email" autoComplete="email" required />
      </label>
      <label>
        Password
        <input
          name="password"
          type="password"
          minLength={8}
          autoComplete={isNew ? "new-password" : "current-password"}
          required
        />
      </label>
      {trouble && <p role="alert">{trouble}</p>}
      <button>{isNew ? "Create account" : "Sign in"}</button>
      {google && <a href={googleUrl}>Sign in with Google</a>}
      <button type="button" className="quiet" onClick={() => setIsNew(!isNew)}>
        {isNew ? "I have an account" : "I am new here"}
      </button>
    </form>
  );
}
