/** What GraphiQL sends its requests through: adds the access token and renews it once when the server refuses it. */
import type { FetcherParams } from '@graphiql/toolkit';
import type { ExecutionResult } from 'graphql';
import { noteCost } from './cost';
import { isUnauthenticated, post, Unreachable, type Answer, type Request } from './endpoint';
import { sessions } from './session/store';

export async function send<Data>(request: Request): Promise<Answer<Data>> {
  const token = sessions.current()?.tokens.accessToken;
  const answer = await post<Data>(request, token);
  if (!token || !isUnauthenticated(answer)) return answer;

  await sessions.refresh();
  const renewed = sessions.current()?.tokens.accessToken;
  return renewed && renewed !== token ? post<Data>(request, renewed) : answer;
}

/** `onSchema` hears whether the server refused to show the schema. */
export function createFetcher(onSchema: (isRefused: boolean) => void) {
  return async ({ query, variables, operationName }: FetcherParams): Promise<ExecutionResult> => {
    try {
      const answer = await send({ query, variables, operationName });
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
