// Headless Chromium, and what it may not do: talk to anybody else, or complain.
import { chromium } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

/** Notes every outside request and every complaint of the pages of a context. */
export function watch(context, base) {
  const origin = new URL(base).origin;
  const seen = { outside: [], complaints: [] };

  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && !['data:', 'blob:'].includes(url.protocol)) seen.outside.push(request.url());
  });
  context.on('weberror', (error) => seen.complaints.push(error.error().message));
  context.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    seen.complaints.push(`${message.text()} (${message.location().url})`);
  });
  return seen;
}

/**
 * Runs `body`, in which the endpoint is meant to answer with `status`: Chromium reports each such
 * answer on the console, whatever the page makes of it. Nothing else is forgiven.
 */
export async function expectingStatus(seen, status, body) {
  const before = seen.complaints.length;
  await body();
  const isExpected = (text) => text.includes(`status of ${status}`) && text.includes('/graphql');
  const fresh = seen.complaints.splice(before);
  seen.complaints.push(...fresh.filter((text) => !isExpected(text)));
}
