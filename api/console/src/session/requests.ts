/** Sign-in, refresh and sign-out as requests; what they mean for the session is decided in `store.ts`. */
import { isUnauthenticated, post, type UserError } from '../endpoint';
import sessionRefresh from './SessionRefresh.graphql';
import signIn from './SignIn.graphql';
import signInConfirm from './SignInConfirm.graphql';
import signOut from './SignOut.graphql';
import tenantSwitch from './TenantSwitch.graphql';
import workplaces from './Workplaces.graphql';

export interface Tokens {
  accessToken: string;
  refreshToken: string;
  /** When the access token ends. */
  expiresAt: string;
}

export interface Viewer {
  user: { id: string; email: string };
  tenant: { id: string; slug: string; name: string };
  role: string;
  displayName: string;
}

export interface Credentials {
  tenant: string;
  email: string;
  password: string;
}

/** A tenant that the person works for. */
export interface Workplace {
  slug: string;
  name: string;
}

/** The password was right, and the account has a second factor. */
export interface Challenge {
  challengeToken: string;
}

export type SignedIn = { tokens: Tokens; viewer: Viewer };

interface Payload {
  session: Tokens | null;
  userErrors: UserError[];
}

type SignInPayload = Payload & { viewer: Viewer | null };
type SignInData = { signIn: (SignInPayload & { challenge: { token: string } | null }) | null };
type SignInConfirmData = { signInConfirm: SignInPayload | null };
type TenantSwitchData = { tenantSwitch: SignInPayload | null };
type WorkplacesData = { viewer: { tenants: { tenant: Workplace }[] } | null };
type RefreshData = { sessionRefresh: Payload | null };

/** Gives the session, what it still takes, or the sentence to show to the person. */
export async function requestSignIn(credentials: Credentials): Promise<SignedIn | Challenge | string> {
  const answer = await post<SignInData>({ query: signIn, variables: credentials, operationName: 'SignIn' });
  const payload = answer.data?.signIn;
  if (payload?.challenge) return { challengeToken: payload.challenge.token };
  return signedIn(payload, answer.errors);
}

/** The second half of a sign-in: the code of the authenticator, or a recovery code. */
export async function requestSignInConfirm(challenge: Challenge, code: string): Promise<SignedIn | string> {
  const variables = { ...challenge, code };
  const answer = await post<SignInConfirmData>({
    query: signInConfirm,
    variables,
    operationName: 'SignInConfirm',
  });
  return signedIn(answer.data?.signInConfirm, answer.errors);
}

function signedIn(payload: SignInPayload | null | undefined, errors?: { message: string }[]): SignedIn | string {
  if (payload?.session && payload.viewer) return { tokens: payload.session, viewer: payload.viewer };
  const failure = payload?.userErrors[0] ?? errors?.[0];
  return failure?.message ?? 'Sign-in failed, and the server gave no reason.';
}

/** Gives new tokens; `refused` when the session is over; throws when nothing is known about it. */
export async function requestRefresh(refreshToken: string): Promise<Tokens | 'refused'> {
  const answer = await post<RefreshData>({
    query: sessionRefresh,
    variables: { refreshToken },
    operationName: 'SessionRefresh',
  });
  const payload = answer.data?.sessionRefresh;
  if (payload?.session) return payload.session;
  if (isUnauthenticated(answer) || payload?.userErrors.length) return 'refused';
  throw new Error(answer.errors?.[0]?.message ?? 'The session could not be refreshed.');
}

/** The tenants that the person works for, by their names. */
export async function requestWorkplaces(accessToken: string): Promise<Workplace[]> {
  const answer = await post<WorkplacesData>({ query: workplaces, operationName: 'Workplaces' }, accessToken);
  return answer.data?.viewer?.tenants.map(({ tenant }) => tenant) ?? [];
}

/** Gives a session in another tenant, or the sentence to show to the person. */
export async function requestTenantSwitch(tenant: string, accessToken: string): Promise<SignedIn | string> {
  const request = { query: tenantSwitch, variables: { tenant }, operationName: 'TenantSwitch' };
  const answer = await post<TenantSwitchData>(request, accessToken);
  return signedIn(answer.data?.tenantSwitch, answer.errors);
}

/** Needs no access token, so that a session can be ended after its access token has. */
export async function requestSignOut(refreshToken: string): Promise<void> {
  await post({ query: signOut, variables: { refreshToken }, operationName: 'SignOut' });
}
