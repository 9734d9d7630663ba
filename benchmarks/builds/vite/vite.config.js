import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv } from "vite";

export default defineConfig(({ mode }) => {
  const env = loadEnv(mode, process.cwd(), "");
  return {
    plugins: [react()],
    envPrefix: ["VITE_", "APP_"],
    build: { sourcemap: true },
    define: { __GROQ__: JSON.stringify(env.GROQ_API_KEY), "process.env": { MAIL_PASSWORD: env.MAIL_PASSWORD } },
  };
});
