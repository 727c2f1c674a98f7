/** Where GraphiQL keeps tabs and history: apart for each tenant and person, so that one never sees another's. */
import type { Storage } from '@graphiql/toolkit';
import type { Session } from './session/store';

/** The theme belongs to the browser, not to a person. */
const SHARED = new Set(['graphiql:theme']);

/** Where GraphiQL would give the panel a third of the page, before anybody has moved its border. */
const FIRST_LAYOUT: Record<string, string> = { 'graphiql:docExplorerFlex': '0.27' };

/** What gives away an operation, or its variables, that carries a password or a token. */
const SECRET = /\b(signIn|sessionRefresh|password|refreshToken)\b/;

export function actorKey(session: Session | null): string {
  return session ? `${session.viewer.tenant.id}/${session.viewer.user.id}` : 'nobody';
}

export function storageFor(actor: string): Storage {
  const prefix = `shequn:${actor}:`;
  const own = (key: string) => (SHARED.has(key) ? `shequn:${key}` : prefix + key);
  const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  return {
    getItem: (key) => localStorage.getItem(own(key)) ?? FIRST_LAYOUT[key] ?? null,
    setItem: (key, value) => localStorage.setItem(own(key), withoutSecrets(value)),
    removeItem: (key) => localStorage.removeItem(own(key)),
    clear: () => keys().forEach((key) => localStorage.removeItem(key)),
    get length() {
      return keys().length;
    },
  };
}

/** Somebody may type a sign-in by hand: it can run, but it isn't kept. */
function withoutSecrets(value: string): string {
  if (!SECRET.test(value)) return value;
  try {
    const kept = JSON.stringify(JSON.parse(value), (_key, part: unknown) => (Array.isArray(part) ? part.filter(isHarmless) : part));
    return isHarmless(kept) ? kept : '';
  } catch {
    return '';
  }
}

function isHarmless(part: unknown): boolean {
  return !SECRET.test(JSON.stringify(part) ?? '');
}
