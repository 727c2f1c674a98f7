/** The panel of prepared operations, a GraphiQL plugin. */
import { useGraphiQL, type GraphiQLPlugin } from '@graphiql/react';
import { useState, type MouseEvent } from 'react';
import { useConsole } from '../console';
import { groups } from '../operations';
import type { Operation } from '../operations/operation';
import { linkTo, useOpenOperation } from './useOpenOperation';

function OperationsPanel() {
  const { session } = useConsole();
  const { open, isReady } = useOpenOperation();
  const current = useGraphiQL((state) => state.operationName);
  const [opening, setOpening] = useState<string>();

  async function choose(event: MouseEvent, operation: Operation) {
    // A click with a key held is the browser's: new tab, new window, download.
    if (!isReady || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    setOpening(operation.name);
    await open(operation).finally(() => setOpening(undefined));
    document.querySelector('.graphiql-sessions')?.scrollIntoView({ block: 'nearest' });
  }

  return (
    <section className="operations" aria-label="Prepared operations">
      <h2>Prepared operations</h2>
      {!session && <p>Sign in to run them; ids are then filled in from your tenant.</p>}
      {groups.map(({ task, operations }) => (
        <section key={task}>
          <h3>{task}</h3>
          <ul>
            {operations.map((operation) => (
              <li key={operation.name}>
                <a
                  href={linkTo(operation)}
                  data-operation={operation.name}
                  aria-current={operation.name === current}
                  aria-busy={operation.name === opening}
                  onClick={(event) => void choose(event, operation)}
                >
                  <strong>{operation.title}</strong>
                  <span>{operation.explanation}</span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </section>
  );
}

function OperationsIcon() {
  return (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round">
      <path d="M8 5h9M8 10h9M8 15h9" />
      <path d="m2.5 4 2 1.25-2 1.25zM2.5 9l2 1.25-2 1.25zM2.5 14l2 1.25-2 1.25z" strokeLinejoin="round" />
    </svg>
  );
}

export const OPERATIONS_PLUGIN: GraphiQLPlugin = {
  title: 'Prepared operations',
  icon: OperationsIcon,
  content: OperationsPanel,
};
