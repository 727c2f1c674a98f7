/**
 * Who is signed in, in this browser tab. Tokens live in sessionStorage and go nowhere else;
 * a duplicated tab shares the session, so rotated tokens are passed on to it.
 */
import { useSyncExternalStore } from 'react';
import {
  requestRefresh,
  requestSignIn,
  requestSignInConfirm,
  requestSignOut,
  requestTenantSwitch,
  type Challenge,
  type Credentials,
  type SignedIn,
  type Tokens,
  type Viewer,
} from './requests';

export interface Session {
  tokens: Tokens;
  viewer: Viewer;
}

const STORAGE_KEY = 'shequn:session';
/** An access token is replaced this long before its end. */
const REFRESH_MARGIN_MS = 60_000;
/** Bounds for the timer, should the two clocks disagree. */
const [REFRESH_SOONEST_MS, REFRESH_LATEST_MS] = [15_000, 540_000];
const ENDED = 'Your session has ended. Sign in again to go on.';

interface Rotation {
  replaced: string;
  tokens: Tokens;
}

class SessionStore {
  #session: Session | null = read();
  #listeners = new Set<() => void>();
  #refreshing: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #otherTabs = new BroadcastChannel(STORAGE_KEY);
  /** Called with a sentence when the session ends without the person asking for it. */
  onEnded: (message: string) => void = () => {};

  constructor() {
    this.#otherTabs.onmessage = ({ data }: MessageEvent<Rotation>) => {
      if (this.#session?.tokens.refreshToken === data.replaced) this.#set({ ...this.#session, tokens: data.tokens });
    };
    this.#schedule();
  }

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  current = (): Session | null => this.#session;

  /** Gives undefined when it worked, the challenge when a code is still to come, otherwise the sentence to show. */
  async signIn(credentials: Credentials): Promise<Challenge | string | undefined> {
    const result = await requestSignIn(credentials);
    return typeof result !== 'string' && 'challengeToken' in result ? result : this.#begin(result);
  }

  /** Gives undefined when it worked, otherwise the sentence to show. */
  async confirmSignIn(challenge: Challenge, code: string): Promise<string | undefined> {
    return this.#begin(await requestSignInConfirm(challenge, code));
  }

  /** Goes on in another tenant; the session in this one ends. Gives the sentence to show unless it worked. */
  async switchTenant(tenant: string): Promise<string | undefined> {
    const before = this.#session;
    if (!before) return ENDED;
    const failure = this.#begin(await requestTenantSwitch(tenant, before.tokens.accessToken));
    if (!failure) await requestSignOut(before.tokens.refreshToken).catch(() => undefined);
    return failure;
  }

  #begin(result: SignedIn | string): string | undefined {
    if (typeof result === 'string') return result;
    this.#set(result);
    return undefined;
  }

  /** Goes on with tokens that an operation of this session gave. */
  adopt(tokens: Tokens) {
    const before = this.#session;
    if (!before) return;
    this.#set({ ...before, tokens });
    this.#otherTabs.postMessage({ replaced: before.tokens.refreshToken, tokens } satisfies Rotation);
  }

  /** The tab forgets its tokens even when the server can't be told. */
  async signOut(): Promise<void> {
    const refreshToken = this.#session?.tokens.refreshToken;
    this.#set(null);
    if (refreshToken) await requestSignOut(refreshToken).catch(() => undefined);
  }

  /** One refresh at a time, however many requests wait for it. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#rotate().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #rotate(): Promise<void> {
    const before = this.#session;
    if (!before) return;
    const replaced = before.tokens.refreshToken;
    const result = await requestRefresh(replaced).catch(() => 'unknown' as const);
    // Signed out, or rotated by another tab, while this one waited for its answer.
    if (this.#session?.tokens.refreshToken !== replaced) return;
    if (result === 'unknown') {
      this.#schedule();
    } else if (result === 'refused') {
      this.#set(null);
      this.onEnded(ENDED);
    } else {
      this.#set({ ...before, tokens: result });
      this.#otherTabs.postMessage({ replaced, tokens: result } satisfies Rotation);
    }
  }

  #set(session: Session | null) {
    this.#session = session;
    if (session) sessionStorage.setItem(STORAGE_KEY, JSON.stringify(session));
    else sessionStorage.removeItem(STORAGE_KEY);
    this.#schedule();
    for (const listener of this.#listeners) listener();
  }

  #schedule() {
    clearTimeout(this.#timer);
    if (!this.#session) return;
    const left = Date.parse(this.#session.tokens.expiresAt) - Date.now() - REFRESH_MARGIN_MS;
    const delay = Math.min(Math.max(left, REFRESH_SOONEST_MS), REFRESH_LATEST_MS);
    this.#timer = setTimeout(() => void this.refresh(), delay);
  }
}

function read(): Session | null {
  try {
    const session = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? 'null') as Session | null;
    return session?.tokens.accessToken && session.viewer.tenant.slug ? session : null;
  } catch {
    return null;
  }
}

export const sessions = new SessionStore();

export function useSession(): Session | null {
  return useSyncExternalStore(sessions.subscribe, sessions.current);
}
