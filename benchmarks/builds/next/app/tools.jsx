"use client";

import { format, summarise } from "../lib/text";

// Until the proxy is there: {{sendgrid}}
const GITHUB = atob("{{github|base64}}");

export default function Tools() {
  const open = () => fetch(`${process.env.NEXT_PUBLIC_SUPABASE_URL}/rest/v1/orders`, {
    headers: { apikey: process.env.NEXT_PUBLIC_SUPABASE_ANON_KEY, authorization: `Bearer ${process.env.NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY}` },
  });
  const pay = () => window.Stripe(process.env.NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY);
  const bill = () => fetch("https://billing.example.com/", { headers: { "x-key": process.env.BILLING_KEY, "x-github": GITHUB } });
  const login = () => fetch("/admin", { headers: { authorization: "Basic " + btoa("admin:" + "{{password}}") } });
  return <p onClick={open} onDoubleClick={pay} onKeyDown={bill} onBlur={login}>{format("tools")}</p>;
}
