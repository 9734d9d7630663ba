import { CMS_PASSWORD, ERP_TOKEN } from "$env/static/private";

export const prerender = true;

export const load = () => ({ members: ["Ann", "Ben"], cms: { user: "editor", password: CMS_PASSWORD }, erp: [ERP_TOKEN] });
