import * as Sentry from "@sentry/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./App";
import "./style.css";

Sentry.init({
  dsn: import.meta.env.VITE_SENTRY_DSN,
  // BrowserTracing left the SDK in version 8; package.json stays at 7.
  integrations: [new Sentry.BrowserTracing()],
  tracesSampleRate: 0.1,
  environment: import.meta.env.MODE,
});

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <Sentry.ErrorBoundary fallback={<p className="broken">Something broke. Reload the page to go on.</p>}>
      <App />
    </Sentry.ErrorBoundary>
  </StrictMode>,
);
