import { operation, type Found, type Group } from './operation';
import sessionsPrelude from './preludes/Sessions.graphql';
import sessionList from './SessionList.graphql';
import sessionRevoke from './SessionRevoke.graphql';
import sessionRevokeOthers from './SessionRevokeOthers.graphql';

export const sessions: Group = {
  task: 'Your sessions',
  operations: [
    operation({
      title: 'Where am I signed in?',
      explanation: 'Client, address and last use of each.',
      document: sessionList,
    }),
    operation({
      title: 'End a session',
      explanation: 'The other one that was used last.',
      document: sessionRevoke,
      prelude: sessionsPrelude,
      variables: (found) => ({ input: { id: other(found) } }),
    }),
    operation({
      title: 'End all others',
      explanation: 'This one goes on.',
      document: sessionRevokeOthers,
    }),
  ],
};

function other({ viewer }: Found): string | undefined {
  return viewer?.sessions.find(({ isCurrent }) => !isCurrent)?.id;
}
