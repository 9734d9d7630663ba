import { POSTMARK_SERVER_TOKEN } from "$env/static/private";

export const load = () => ({ up: true, mail: POSTMARK_SERVER_TOKEN });
