// Prints the environment a runtime gives its program: node --env-file, Bun and Deno.
import fs from "node:fs";
const environment = typeof Deno === "undefined" ? process.env : Deno.env.toObject();
fs.writeFileSync(1, JSON.stringify(environment));
