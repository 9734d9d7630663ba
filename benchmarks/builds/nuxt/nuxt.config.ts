export default defineNuxtConfig({
  compatibilityDate: "2026-01-01",
  telemetry: false,
  sourcemap: { client: true },
  runtimeConfig: {
    stripeKey: process.env.STRIPE_SECRET_KEY,
    public: {
      anon: process.env.SUPABASE_ANON_KEY,
      supabase: process.env.SUPABASE_SECRET_KEY,
      clerk: process.env.CLERK_PUBLISHABLE_KEY,
      cmsToken: "",
    },
  },
  nitro: { compressPublicAssets: { gzip: true, brotli: true }, prerender: { routes: ["/about"], crawlLinks: false } },
});
