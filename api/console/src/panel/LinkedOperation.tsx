/**
 * Opens the operation that the page's address asks for with `?op=Name`. Without a session it shows it and asks
 * for a sign-in; the workbench is then made anew and fills it in. Once filled in, the address forgets it, so that
 * loading the page again keeps what was made of it.
 */
import { useEffect } from 'react';
import { useConsole } from '../console';
import { findOperation } from '../operations';
import { useOpenOperation } from './useOpenOperation';

export function LinkedOperation() {
  const { session, notify, askForSignIn } = useConsole();
  const { open, isReady } = useOpenOperation();

  useEffect(() => {
    const name = new URLSearchParams(window.location.search).get('op');
    if (!isReady || !name) return;
    const operation = findOperation(name);
    if (!operation) {
      notify(`There is no prepared operation named ${name}.`);
      return;
    }
    void open(operation);
    if (session) window.history.replaceState(null, '', window.location.pathname);
    else askForSignIn();
    // The address is read once for each workbench.
  }, [isReady]);

  return null;
}
