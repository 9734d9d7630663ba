// What the env-file loaders of npm read: `node read.mjs LOADER MODULES FOLDER` prints one JSON list for FOLDER/cases.json.
// MODULES is a node_modules folder; an entry is null where the loader throws or refuses the whole file.
import fs from "node:fs";
import Module, { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [loader, modules, folder] = process.argv.slice(2);
const from = createRequire(path.join(path.resolve(modules), "..", "index.js"));
const load = async (name) => {
  const main = from.resolve(name);
  return main.endsWith(".mjs") ? import(pathToFileURL(main)) : from(name);
};
const esm = (name, file) => import(pathToFileURL(path.join(path.resolve(modules), name, file)));
const fresh = (outer) => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, outer);
};
const added = (outer) => Object.fromEntries(Object.entries(process.env).filter(([name]) => !(name in outer)));
const without = (values, outer) => Object.fromEntries(Object.entries(values).filter(([name]) => !(name in outer)));
const versions = {};

const dotenv = (name) => async () => {
  const { config } = await load(name);
  return (where) => {
    const { parsed, error } = config({ path: path.join(where, ".env"), processEnv: {}, quiet: true });
    if (error && error.code !== "ENOENT") throw error;
    return parsed ?? {};
  };
};
// Before 16.1 there is no `processEnv`.
const early = (name) => async () => {
  const { parse } = await load(name);
  return (where) => parse(fs.readFileSync(path.join(where, ".env"), "utf8"));
};
const expanded = (parser, expander) => async () => {
  const { parse } = await load(parser);
  const { expand } = await load(expander);
  return (where, outer) => {
    const { parsed, error } = expand({ parsed: parse(fs.readFileSync(path.join(where, ".env"), "utf8")), processEnv: { ...outer } });
    if (error) throw error;
    return parsed;
  };
};
const vite = (name) => async () => {
  const { loadEnv } = await esm(name, "dist/node/index.js");
  return (where, outer, mode) => without(loadEnv(mode, where, ""), outer);
};

const readers = {
  dotenv12: early("dotenv12"),
  dotenv14: early("dotenv14"),
  dotenv16: dotenv("dotenv16"),
  dotenv17: dotenv("dotenv17"),
  dotenv18: dotenv("dotenv18"),
  "dotenv-expand11": expanded("dotenv16", "dotenv-expand11"),
  "dotenv-expand12": expanded("dotenv17", "dotenv-expand12"),
  "dotenv-flow": async () => {
    const { listFiles, parse } = await load("dotenv-flow");
    return (where, outer, mode) => parse(listFiles({ node_env: mode, path: where }));
  },
  dotenvx: async () => {
    const { config } = await load("@dotenvx/dotenvx");
    return (where, outer) => {
      const processEnv = { ...outer };
      const { parsed } = config({ path: [path.join(where, ".env")], processEnv, quiet: true, noOps: true, logLevel: "error" });
      return without(parsed, outer);
    };
  },
  next: async () => (where, outer) => {
    // The module keeps the environment it was first loaded in.
    delete from.cache[from.resolve("@next/env")];
    from("@next/env").loadEnvConfig(where, false, { info() {}, error() {} }, true);
    return added({ ...outer, __NEXT_PROCESSED_ENV: 1 });
  },
  vite5: vite("vite5"),
  vite7: vite("vite7"),
  vite8: vite("vite8"),
  expo: async () => {
    const { parseProjectEnv } = await load("@expo/env");
    return (where, outer, mode) => ({ ...parseProjectEnv(where, { mode, silent: true, systemEnv: { ...outer } }).env });
  },
  nuxt: async () => {
    const { loadDotenv } = await load("c12");
    return async (where, outer) => without(await loadDotenv({ cwd: where, interpolate: true, env: { ...outer } }), outer);
  },
  // react-scripts 5.0.1, config/env.js: dotenv 10 and dotenv-expand 5, file by file into process.env.
  cra: async () => {
    const { config } = await load("dotenv10");
    const expand = await load("dotenv-expand5");
    return (where, outer, mode) => {
      for (const name of [`.env.${mode}.local`, ".env.local", `.env.${mode}`, ".env"]) {
        const file = path.join(where, name);
        if (fs.existsSync(file)) expand(config({ path: file }));
      }
      return added(outer);
    };
  },
  // The parser of firebase-tools alone: what it imports for messages and uploads is stood in for.
  firebase: async () => {
    const real = Module._load;
    const stand = new Proxy(function () {}, { get: (_, key) => (key === "FirebaseError" ? Error : stand), apply: () => stand });
    Module._load = (name, ...rest) => (/^(\.|colorette)/.test(name) && !name.endsWith("functions/env.js") ? stand : real(name, ...rest));
    const { parseStrict } = real(path.join(path.resolve(modules), "firebase-tools/lib/functions/env.js"));
    // loadUserEnvs in the emulator: each file is read strictly, later ones win.
    return (where, outer, mode) =>
      [".env", `.env.${mode}`, ".env.local"]
        .map((name) => path.join(where, name))
        .filter((file) => fs.existsSync(file))
        .reduce((values, file) => ({ ...values, ...parseStrict(fs.readFileSync(file, "utf8")) }), {});
  },
};

const [cases, read] = [JSON.parse(fs.readFileSync(path.join(folder, "cases.json"), "utf8")), await readers[loader]()];
const result = [];
console.log = console.warn = console.error = console.info = () => {};
for (const { dir, outer, mode } of cases) {
  fresh(outer);
  try {
    result.push(await read(path.join(folder, dir), outer, mode));
  } catch {
    result.push(null);
  }
}
fresh({});
process.stdout.write(JSON.stringify(result));
process.exit(0);
