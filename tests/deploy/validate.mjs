// node validate.mjs FOLDER < documents.json: prints for each document what its custom resource's schema has against it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const places = {
  "keda.sh/v1alpha1": "@kubernetes-models/keda",
  "monitoring.coreos.com/v1": "@kubernetes-models/prometheus-operator",
};
const found = [];
for (const one of JSON.parse(readFileSync(0, "utf8"))) {
  const path = join(process.argv[2], "node_modules", places[one.apiVersion], one.apiVersion, "index.js");
  const kinds = await import(pathToFileURL(path));
  try {
    new kinds[one.kind](one).validate();
    found.push(null);
  } catch (error) {
    found.push(error.message);
  }
}
console.log(JSON.stringify(found));
