export async function POST(request) {
  const answer = await fetch("https://api.stripe.com/v1/checkout/sessions", {
    method: "POST",
    headers: { authorization: `Bearer ${process.env.STRIPE_SECRET_KEY ?? "{{stripe}}"}` },
  });
  return Response.json({ ok: answer.ok });
}
