// The GraphQL-over-HTTP audit of graphql-http against a running endpoint: node audit.mjs http://127.0.0.1:8080/graphql
import { auditServer } from 'graphql-http';
import assert from 'node:assert/strict';
import { args, check, finish } from './report.mjs';

/** What this version of the audit asks; one more or less is worth a look. */
const AUDITS = 61;

const [url] = args('URL');
const results = await auditServer({ url });

for (const result of results) {
  await check(`${result.id} ${result.name}`, async () => {
    // A warning is something the specification recommends: held to it as well.
    assert.equal(result.status, 'ok', result.reason);
  });
}
if (results.length !== AUDITS) {
  await check(`there are ${AUDITS} audits`, async () => assert.equal(results.length, AUDITS));
}
finish();
