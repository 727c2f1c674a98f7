/** What every part of the page may need: who is signed in, and ways to say something or to ask for a sign-in. */
import { createContext, useContext } from 'react';
import type { Session } from './session/store';

export interface Console {
  session: Session | null;
  /** Shows a sentence under the bar; null takes it away. */
  notify: (message: string | null) => void;
  askForSignIn: () => void;
}

export const ConsoleContext = createContext<Console>({
  session: null,
  notify: () => {},
  askForSignIn: () => {},
});

export function useConsole(): Console {
  return useContext(ConsoleContext);
}
