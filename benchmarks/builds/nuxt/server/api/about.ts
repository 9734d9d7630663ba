export default defineEventHandler(() => ({ title: "About", smtp: { user: "shop", pass: process.env.SMTP_PASSWORD } }));
