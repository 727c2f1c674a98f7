// Drives the console as a person does: clicks, keys, and what can be read on the page.
import assert from 'node:assert/strict';

export class Console {
  constructor(page, base) {
    this.page = page;
    this.base = base;
  }

  async open(path = '/console') {
    const response = await this.page.goto(this.base + path);
    await this.ready();
    return response;
  }

  /** The editors are there and the schema was asked for. */
  async ready() {
    await this.page.waitForSelector('.graphiql-query-editor .view-lines');
    await this.page.waitForSelector('.graphiql-spin', { state: 'detached' });
  }

  async signIn({ tenant, email, password }) {
    const { page } = this;
    if (!(await page.isVisible('dialog.sign-in'))) await page.click('header.bar button');
    await page.fill('dialog [name=tenant]', tenant);
    await page.fill('dialog [name=email]', email);
    await page.fill('dialog [name=password]', password);
    await page.click('dialog button[type=submit]');
  }

  /** Gives the code that the dialog asks for after the password. */
  async answerChallenge(code) {
    await this.page.fill('dialog [name=code]', code);
    await this.page.click('dialog button[type=submit]');
  }

  async signedIn() {
    await this.page.waitForSelector('header .person');
    await this.ready();
  }

  async signOut() {
    await this.page.click('header.bar button');
    await this.page.waitForSelector('header .person', { state: 'detached' });
    await this.ready();
  }

  async panel(title) {
    const button = this.page.locator(`.graphiql-sidebar button[aria-label="Show ${title}"]`);
    if (await button.count()) await button.click();
  }

  async operations() {
    await this.panel('Prepared operations');
    return this.page.$$eval('[data-operation]', (links) => links.map((link) => link.dataset.operation));
  }

  async choose(operation) {
    await this.page.click(`[data-operation="${operation}"]`);
    await this.shows(operation);
  }

  /** The operation is in the editor, and its variables are filled in. */
  async shows(operation) {
    await this.page.waitForFunction(
      (name) => {
        const query = globalThis.__MONACO?.editor.getModels().find(({ uri }) => uri.path.endsWith('operation.graphql'));
        return new RegExp(`(query|mutation) ${name}\\b`).test(query?.getValue() ?? '');
      },
      operation,
      { timeout: 10_000 },
    );
    await this.page.waitForSelector(`[data-operation="${operation}"][aria-busy="false"]`);
  }

  /** Presses the button and gives the answer, once the page shows it. */
  async run() {
    const { page } = this;
    const [response] = await Promise.all([
      page.waitForResponse((response) => response.url().endsWith('/graphql') && response.request().method() === 'POST'),
      page.click('.graphiql-execute-button'),
    ]);
    const answer = await response.json();
    const [firstKey] = Object.keys(answer);
    await page.waitForFunction(
      (key) => {
        const shown = globalThis.__MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith('response.json'));
        return shown?.getValue().includes(`"${key}"`);
      },
      firstKey,
    );
    return answer;
  }

  text(file) {
    return this.page.evaluate(
      (name) => globalThis.__MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith(name))?.getValue() ?? '',
      file,
    );
  }

  query() {
    return this.text('operation.graphql');
  }

  async type(text) {
    await this.page.click('.graphiql-query-editor .view-lines');
    await this.page.keyboard.press('Control+a');
    await this.page.keyboard.press('Delete');
    await this.page.keyboard.type(text, { delay: 20 });
  }

  notice() {
    return this.page.textContent('.notice');
  }

  stored() {
    return this.page.evaluate(() => ({ local: JSON.stringify(localStorage), session: JSON.stringify(sessionStorage) }));
  }

  /** The page keeps inside its window, and a picture of it is taken. */
  async picture(directory, name) {
    await this.page.waitForTimeout(400);
    const { content, window } = await this.page.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      window: document.documentElement.clientWidth,
    }));
    await this.page.screenshot({ path: `${directory}/${name}.png` });
    assert.ok(content <= window, `${name}: ${content} px wide in a window of ${window} px`);
  }
}

/** Nothing went wrong at any level, and every root field has its object. */
export function assertAnswered(answer) {
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  for (const [field, value] of Object.entries(answer.data)) assert.notEqual(value, null, `${field} is null`);
  assertNoErrors(answer.data, 'data');
}

function assertNoErrors(value, path) {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (key === 'userErrors' || key === 'errors') assert.deepEqual(part, [], `${path}.${key}`);
    else assertNoErrors(part, `${path}.${key}`);
  }
}
