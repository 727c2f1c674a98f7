/** The link of a letter: `#invitation=…` or `#reset=…`. What follows the `#` never reaches a server by itself. */
import { post, type UserError } from '../endpoint';
import invitationAccept from './InvitationAccept.graphql';
import passwordReset from './PasswordReset.graphql';

export interface Letter {
  kind: 'invitation' | 'reset';
  token: string;
}

type AcceptData = { invitationAccept: { tenant: { slug: string } | null; userErrors: UserError[] } | null };
type ResetData = { passwordReset: { changed: boolean; userErrors: UserError[] } | null };

/** What the answer means for the person: where to sign in now, or the sentence to show. */
export type Outcome = { tenant: string | null } | string;

/** Takes the secret out of the address bar, so that it is in no history and no screenshot. */
export function takeLetter(): Letter | null {
  const [, kind, token] = /^#(invitation|reset)=([\w-]+)$/.exec(location.hash) ?? [];
  if (!kind || !token) return null;
  history.replaceState(null, '', location.pathname + location.search);
  return { kind: kind === 'reset' ? 'reset' : 'invitation', token };
}

export async function answerLetter(letter: Letter, password: string): Promise<Outcome> {
  return letter.kind === 'reset' ? reset(letter.token, password) : accept(letter.token, password);
}

async function accept(token: string, password: string): Promise<Outcome> {
  const variables = { input: { token, password } };
  const answer = await post<AcceptData>({ query: invitationAccept, variables, operationName: 'InvitationAccept' });
  const payload = answer.data?.invitationAccept;
  if (payload?.tenant) return { tenant: payload.tenant.slug };
  return (payload?.userErrors[0] ?? answer.errors?.[0])?.message ?? 'The server gave no reason.';
}

async function reset(token: string, newPassword: string): Promise<Outcome> {
  const variables = { input: { token, newPassword } };
  const answer = await post<ResetData>({ query: passwordReset, variables, operationName: 'PasswordReset' });
  const payload = answer.data?.passwordReset;
  if (payload?.changed) return { tenant: null };
  return (payload?.userErrors[0] ?? answer.errors?.[0])?.message ?? 'The server gave no reason.';
}
