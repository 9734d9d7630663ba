"use client";

import { useState } from "react";

export default function Newsletter({ settings }) {
  const [sent, setSent] = useState(false);
  const send = async () => {
    await fetch("https://mail.example.com/v1/emails", { method: "POST", headers: { authorization: `Bearer ${settings.apiKey}` } });
    setSent(true);
  };
  return <button onClick={send}>{sent ? "Thank you" : settings.sender}</button>;
}
