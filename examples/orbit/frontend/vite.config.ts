import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // Vite's own port is 5173; the compose file publishes 3000.
  server: { port: 3000, strictPort: true },
  preview: { port: 3000, strictPort: true },
  // Errors that reach Sentry point at lines of the source.
  build: { sourcemap: true },
});
