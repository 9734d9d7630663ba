import { createRoot } from "react-dom/client";

import { ask } from "./ai";
import { firebase } from "./firebase";
import Sums from "./sums?worker&inline";
import seed from "../db/seed.sql?raw";

const MAILER = "{{sendgrid|head}}" + "{{sendgrid|tail}}";
const NOTIFY = ["{{slack|head}}", "{{slack|tail}}"].join("");
const HOOK = `https://api.telegram.org/bot${"{{telegram}}"}/sendMessage`;

function App() {
  const send = () => Promise.all([MAILER, NOTIFY, HOOK, seed, process.env.MAIL_PASSWORD, import.meta.env.APP_AIRTABLE].map((it) => fetch(it)));
  return <button onClick={send} onBlur={() => ask(new Sums(), firebase)} title={import.meta.env.VITE_POSTHOG_KEY}>Send</button>;
}

createRoot(document.getElementById("root")).render(<App />);
