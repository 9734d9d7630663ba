import { createServer } from "node:http";

createServer((request, response) => response.end(String(Boolean("{{linear}}")))).listen(3000);
