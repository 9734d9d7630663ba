export default {
  productionBrowserSourceMaps: true,
  env: { BILLING_KEY: process.env.BILLING_KEY },
};
