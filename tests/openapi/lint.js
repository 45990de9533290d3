// Lints one OpenAPI document: node lint.js openapi.json. Exit status 1 when a rule is broken.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createConfig, formatProblems, getTotals, lintFromString } from "@redocly/openapi-core";

const file = resolve(process.argv[2]);
const config = await createConfig({
  extends: ["recommended-strict"],
  rules: {
    // What follows is on top of the linter's recommended set.
    "operation-operationId-unique": "error",
    "operation-parameters-unique": "error",
    "path-parameters-defined": "error",
    "path-declaration-must-exist": "error",
    "no-ambiguous-paths": "off", // a literal segment beats a parameter, see http/route.hpp
    "no-identical-paths": "error",
    "no-invalid-schema-examples": "error",
    "no-invalid-parameter-examples": "error",
    // Examples with x-status 4xx are wrong on purpose: tests/blackbox/properties.py sends all.
    "no-invalid-media-type-examples": "off",
    "no-unused-components": "error",
    "operation-4xx-response": "off", // health answers nothing else
    "info-license": "off", // there is none yet
    "info-license-url": "off",
    "operation-description": "off", // the summary says it
  },
});
const problems = await lintFromString({
  source: readFileSync(file, "utf8"),
  absoluteRef: file,
  config,
});
const totals = getTotals(problems);
formatProblems(problems, { format: "stylish", totals, version: "" });
console.log(`${totals.errors} errors, ${totals.warnings} warnings`);
process.exit(totals.errors + totals.warnings > 0 ? 1 : 0);
