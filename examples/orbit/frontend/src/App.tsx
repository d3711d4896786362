import { useEffect, useState } from "react";

import { api, ApiError, docsUrl, type Me } from "./api";
import { Items } from "./Items";
import { SignIn } from "./SignIn";

type Visitor = Me | "unknown" | "nobody";

export function App() {
  const [visitor, setVisitor] = useState<Visitor>("unknown");
  const [trouble, setTrouble] = useState("");

  useEffect(() => {
    api.me().then(setVisitor, (e: unknown) => {
      setVisitor("nobody");
      if (!(e instanceof ApiError && e.status === 401)) setTrouble("The API cannot be reached.");
    });
  }, []);

  const signOut = () => api.signOut().then(() => setVisitor("nobody"));

  return (
    <>
      <header>
        <img src="/orbit.svg" alt="" width="32" height="32" />
        <h1>Orbit</h1>
        {typeof visitor === "object" && (
          <div className="visitor">
            <span>{visitor.email}</span>
            <button className="quiet" onClick={signOut}>
              Sign out
            </button>
          </div>
        )}
      </header>
      <main>
        {trouble && <p role="alert">{trouble}</p>}
        {visitor === "nobody" && <SignIn onEnter={setVisitor} />}
        {typeof visitor === "object" && <Items />}
      </main>
      <Footer />
    </>
  );
}

function Footer() {
  const [state, setState] = useState("asking");

  useEffect(() => {
    api.ready().then(
      (answer) => setState(answer.database),
      () => setState("not ready"),
    );
  }, []);

  return (
    <footer>
      <span className={state === "connected" ? "dot good" : "dot"} /> Database: {state}
      <a href={docsUrl}>API documentation</a>
    </footer>
  );
}
