/** What GraphiQL sends its requests through: adds the access token and renews it once when the server refuses it. */
import type { FetcherParams } from '@graphiql/toolkit';
import type { ExecutionResult } from 'graphql';
import { noteCost } from './cost';
import { isUnauthenticated, post, Unreachable, type Answer, type Request } from './endpoint';
import type { Tokens } from './session/requests';
import { sessions } from './session/store';

export async function send<Data>(request: Request): Promise<Answer<Data>> {
  const token = sessions.current()?.tokens.accessToken;
  const answer = await post<Data>(request, token);
  if (!token || !isUnauthenticated(answer)) return answer;

  await sessions.refresh();
  const renewed = sessions.current()?.tokens.accessToken;
  return renewed && renewed !== token ? post<Data>(request, renewed) : answer;
}

/** What changes the account gives its own session new tokens: the old ones are good for nothing then. */
function adoptTokens({ data }: Answer) {
  const fields = ['passwordChange', 'secondFactorConfirm', 'secondFactorRemove'];
  for (const field of fields) {
    const payload = data?.[field] as { session?: Partial<Tokens> | null } | undefined;
    const { accessToken, refreshToken, expiresAt } = payload?.session ?? {};
    if (accessToken && refreshToken && expiresAt) sessions.adopt({ accessToken, refreshToken, expiresAt });
  }
}

/** `onSchema` hears whether the server refused to show the schema. */
export function createFetcher(onSchema: (isRefused: boolean) => void) {
  return async ({ query, variables, operationName }: FetcherParams): Promise<ExecutionResult> => {
    try {
      const answer = await send<Record<string, unknown>>({ query, variables, operationName });
      adoptTokens(answer);
      if (operationName !== 'IntrospectionQuery') {
        noteCost(answer.extensions?.cost);
        return answer as ExecutionResult;
      }
      onSchema(!answer.data);
      // Without the key, GraphiQL would ask again in another way.
      return { data: null, ...answer } as ExecutionResult;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return { data: null, errors: [{ message: error.message }] } as unknown as ExecutionResult;
    }
  };
}
