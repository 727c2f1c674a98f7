// The console in a browser, against a running server with its demo tenant:
//   node console.mjs http://127.0.0.1:8080 data/demo.json /tmp/pictures
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { expectingStatus, launch, watch } from './browser.mjs';
import { assertAnswered, Console } from './driver.mjs';
import { args, check, finish } from './report.mjs';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self'; connect-src 'self'; " +
  "img-src 'self' data:; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Made by `tests/harness/suites.sh`; the demo's owner works there too. */
const SECOND_TENANT = 'second';

const [base, demoFile, pictures] = args('BASE_URL DEMO_JSON SCREENSHOT_DIR');
const demo = JSON.parse(await readFile(demoFile, 'utf8'));
await mkdir(pictures, { recursive: true });

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
const seen = watch(context, base);
const page = await context.newPage();
page.setDefaultTimeout(15_000);
const it = new Console(page, base);

await check('the page comes with its content policy', async () => {
  const response = await it.open();
  assert.equal(response.headers()['content-security-policy'], POLICY);
});

await check('a wrong password is refused in words', async () => {
  await it.signIn({ ...demo, password: 'not the password' });
  assert.notEqual((await page.textContent('dialog .failure')).trim(), '');
});

const isSignedIn = await check('a person signs in and sees tenant, name and role', async () => {
  await it.signIn(demo);
  await it.signedIn();
  const bar = await page.textContent('header .person');
  assert.match(bar, /\S/);
  assert.match(bar, /OWNER|ADMIN/);
});
// Nothing below can hold without it, and each check would wait its full time to find out.
if (!isSignedIn) await end();

/** These take a code that only the person knows. */
const PERSONAL = ['SecondFactorConfirm', 'StepUp', 'RecoveryCodesRenew', 'SecondFactorRemove'];
const names = (await it.operations()).filter((name) => !PERSONAL.includes(name));
await check('there are prepared operations', async () => assert.ok(names.length >= 12, `${names.length}`));

for (const round of ['runs', 'runs again']) {
  for (const name of names) {
    await check(`${name} ${round} without errors`, async () => {
      // What is to be ended must be there.
      if (name === 'SessionRevoke') await signInElsewhere();
      await it.choose(name);
      assertAnswered(await it.run());
    });
  }
}
await check('wide pictures fit, light and dark', async () => {
  await it.choose('CommunityWithMembers');
  assertAnswered(await it.run());
  await it.picture(pictures, 'console-1280');
  await page.emulateMedia({ colorScheme: 'dark' });
  await it.picture(pictures, 'console-1280-dark');
  await page.emulateMedia({ colorScheme: 'light' });
});

await check('a link opens its operation, filled in', async () => {
  await it.open('/console?op=CommunityList');
  await it.shows('CommunityList');
  assertAnswered(await it.run());
});

await check('the explorer changes the operation', async () => {
  await it.choose('CommunityList');
  await it.panel('GraphiQL Explorer');
  const before = await it.query();
  const field = page.locator('.graphiql-explorer-root [data-field-name="createdAt"]').first();
  await field.click();
  await page.waitForFunction(() => /createdAt/.test(document.querySelector('.graphiql-query-editor').textContent));
  assert.doesNotMatch(before, /createdAt/);
  assert.match(await it.query(), /createdAt/);
  await it.picture(pictures, 'explorer-1280');
});

await check('typing brings completions from the schema', async () => {
  await it.type('query Typed { comm');
  const names = page.locator('.suggest-widget.visible .monaco-list-row .label-name');
  await names.first().waitFor();
  // Those that only have the letters in this order stand behind.
  const found = (await names.allTextContents()).filter((name) => name.startsWith('comm'));
  assert.deepEqual(found.sort(), ['communities', 'community']);
  await page.keyboard.press('Escape');
});

await check('a wrong field is marked and answered with a code', async () => {
  await it.type('query Wrong { noSuchField');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.graphiql-query-editor .squiggly-error', { state: 'attached' });
  await expectingStatus(seen, 400, async () => {
    const { errors } = await it.run();
    assert.match(errors[0].extensions.code, /^[A-Z_]+$/);
  });
});

await check('the documentation shows the schema', async () => {
  await it.panel('Documentation Explorer');
  await page.click('.graphiql-doc-explorer-root-type a, .graphiql-doc-explorer a >> text=Query');
  await page.waitForSelector('.graphiql-doc-explorer >> text=communities');
});

await check('the history holds what ran, and no secret', async () => {
  await it.panel('History');
  assert.ok((await page.locator('.graphiql-history-item').count()) > 5);
  const { local, session } = await it.stored();
  const { tokens } = JSON.parse(JSON.parse(session)['shequn:session']);
  for (const secret of [demo.password, tokens.accessToken, tokens.refreshToken]) assert.ok(!local.includes(secret));
  assert.doesNotMatch(local, /\b(signIn\w*|sessionRefresh)\b/);
  assert.ok(!session.includes(demo.password));
});

await check('the bar says what the last operation cost and what is left', async () => {
  await it.panel('Prepared operations');
  await it.choose('CommunityList');
  const { cost } = (await it.run()).extensions;
  assert.equal(await page.textContent('header .cost strong'), String(cost.actual));
  assert.match(await page.textContent('header .cost .left'), /^[\d,]+ left$/);
  assert.ok(cost.throttle.available <= cost.throttle.maximum);
});

await check('a person goes to another tenant and back, and each has its own history', async () => {
  const history = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.endsWith(':graphiql:queries')).length);
  const before = await history();
  for (const place of [SECOND_TENANT, demo.tenant]) {
    await page.selectOption('header .person select', place);
    await page.waitForFunction((slug) => JSON.parse(sessionStorage['shequn:session']).viewer.tenant.slug === slug, place);
    await it.ready();
    await it.panel('Prepared operations');
    await it.choose('Viewer');
    assert.equal((await it.run()).data.viewer.tenant.slug, place);
    if (place === SECOND_TENANT) await it.picture(pictures, 'second-tenant-1280');
  }
  assert.ok((await history()) > before);
});

await check('a refused access token is renewed without a word', async () => {
  await page.evaluate(() => {
    const session = JSON.parse(sessionStorage['shequn:session']);
    session.tokens.accessToken = session.tokens.accessToken.slice(0, -6) + 'AAAAAA';
    sessionStorage['shequn:session'] = JSON.stringify(session);
  });
  await expectingStatus(seen, 401, async () => {
    await it.open();
    await page.waitForFunction((stale) => sessionStorage['shequn:session'] !== stale, (await it.stored()).session);
    await it.panel('Prepared operations');
    await it.choose('Viewer');
    assertAnswered(await it.run());
  });
});

await check('narrow pictures fit', async () => {
  await page.setViewportSize({ width: 400, height: 800 });
  for (const panel of ['Prepared operations', 'Documentation Explorer', 'GraphiQL Explorer', 'History']) {
    await it.panel(panel);
    await it.picture(pictures, `${panel.toLowerCase().replaceAll(' ', '-')}-400`);
  }
  await it.panel('Prepared operations');
  await it.choose('CommunityList');
  assertAnswered(await it.run());
  await it.picture(pictures, 'console-400');
});

await check('signing out takes session and history away', async () => {
  await it.signOut();
  assert.equal((await it.stored()).session, '{}');
  await it.panel('History');
  assert.equal(await page.locator('.graphiql-history-item').count(), 0);
  await it.picture(pictures, 'signed-out-400');
});

await check('sign-in asks for the code of a second factor', async () => {
  const { recoveryCodes } = await getSecondFactor();
  await it.open();
  await it.signIn(demo);
  await it.answerChallenge('000000');
  await page.waitForSelector('dialog .failure');
  await it.picture(pictures, 'sign-in-code-400');
  await it.answerChallenge(recoveryCodes[0]);
  await it.signedIn();
  await it.signOut();
  await loseSecondFactor(recoveryCodes);
});

await check('a link asks for a sign-in and then opens filled in', async () => {
  await it.open('/console?op=CommunityWithMembers');
  await page.waitForSelector('dialog.sign-in');
  await it.picture(pictures, 'sign-in-400');
  await it.signIn(demo);
  await it.signedIn();
  await it.panel('Prepared operations');
  await it.shows('CommunityWithMembers');
  assertAnswered(await it.run());
});

await check('a session that has ended says so', async () => {
  await page.evaluate(() => {
    const session = JSON.parse(sessionStorage['shequn:session']);
    for (const token of ['accessToken', 'refreshToken']) session.tokens[token] = session.tokens[token].slice(0, -6) + 'AAAAAA';
    sessionStorage['shequn:session'] = JSON.stringify(session);
  });
  await expectingStatus(seen, 401, async () => {
    await it.open();
    await page.waitForSelector('.notice:not([hidden])');
    assert.match(await it.notice(), /session has ended/);
    assert.equal((await it.stored()).session, '{}');
  });
});

await check('no cookie was set', async () => assert.deepEqual(await context.cookies(), []));
await check('nobody else was asked for anything', async () => assert.deepEqual(seen.outside, []));
await check('the browser had nothing to complain about', async () => assert.deepEqual(seen.complaints, []));

await end();

async function signInElsewhere() {
  const { tenant, email, password } = demo;
  const selection = 'session { accessToken } challenge { token }';
  return mutate('signIn', { tenant, email, password }, selection);
}

/** By another client than the console. */
async function mutate(field, input, selection, accessToken) {
  const type = field[0].toUpperCase() + field.slice(1);
  const query = `mutation($input: ${type}Input!) { ${field}(input: $input) { ${selection} userErrors { message } } }`;
  const headers = { 'content-type': 'application/json' };
  if (accessToken) headers.authorization = `Bearer ${accessToken}`;
  const body = JSON.stringify({ query, variables: { input } });
  const answer = await (await fetch(`${base}/graphql`, { method: 'POST', headers, body })).json();
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  assert.deepEqual(answer.data[field].userErrors, []);
  return answer.data[field];
}

async function getSecondFactor() {
  const { session } = await signInElsewhere();
  const { enrolment } = await mutate('secondFactorEnrol', {}, 'enrolment { secret }', session.accessToken);
  return mutate('secondFactorConfirm', { code: totp(enrolment.secret) }, 'recoveryCodes', session.accessToken);
}

async function loseSecondFactor([, toSignIn, toRemove]) {
  const { challenge } = await signInElsewhere();
  const answer = { challengeToken: challenge.token, code: toSignIn };
  const { session } = await mutate('signInConfirm', answer, 'session { accessToken }');
  await mutate('secondFactorRemove', { code: toRemove }, 'session { expiresAt }', session.accessToken);
}

/** RFC 6238: the code of this half minute. */
function totp(base32) {
  const bits = [...base32].map((sign) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0'));
  const key = Buffer.from(bits.join('').match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const tag = createHmac('sha1', key).update(step).digest();
  const number = tag.readUInt32BE(tag[19] & 0xf) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

async function end() {
  await browser.close();
  finish();
}
