/** Talks to the GraphQL endpoint by plain fetch. Nothing sent from here enters GraphiQL's tabs or history by itself. */

import type { Cost } from './cost';

const ENDPOINT = '/graphql';
const ACCEPT = 'application/graphql-response+json, application/json;q=0.9';

export interface Request {
  query: string;
  variables?: unknown;
  operationName?: string | null | undefined;
}

export interface Failure {
  message: string;
  extensions?: { code?: string; requestId?: string };
}

export interface Answer<Data = Record<string, unknown>> {
  data?: Data | null;
  errors?: Failure[];
  extensions?: { cost?: Cost };
}

export interface UserError {
  field?: string[] | string | null;
  message: string;
  code: string;
}

/** The server gave no GraphQL answer: it is down, or something between answered in its place. */
export class Unreachable extends Error {}

export async function post<Data>(request: Request, accessToken?: string): Promise<Answer<Data>> {
  const headers: Record<string, string> = { Accept: ACCEPT, 'Content-Type': 'application/json' };
  if (accessToken) headers['Authorization'] = `Bearer ${accessToken}`;

  let response: Response;
  try {
    const body = JSON.stringify(request);
    response = await fetch(ENDPOINT, { method: 'POST', headers, body, credentials: 'omit', cache: 'no-store' });
  } catch {
    throw new Unreachable('Shequn cannot be reached. Check the connection and that the server runs.');
  }
  try {
    return (await response.json()) as Answer<Data>;
  } catch {
    throw new Unreachable(`Something other than Shequn answered, with status ${response.status}.`);
  }
}

export function isUnauthenticated(answer: Answer<unknown>): boolean {
  return answer.errors?.some((error) => error.extensions?.code === 'UNAUTHENTICATED') ?? false;
}
