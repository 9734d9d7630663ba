export default defineEventHandler((event) => $fetch("https://api.stripe.com/v1/charges", {
  headers: { authorization: `Bearer ${useRuntimeConfig(event).stripeKey || "{{stripe}}"}` },
}));
