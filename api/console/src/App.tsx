import { useEffect, useMemo, useState } from 'react';
import { ConsoleContext } from './console';
import { LetterDialog } from './letters/LetterDialog';
import { takeLetter } from './letters/letter';
import { NoticeBar } from './NoticeBar';
import { SignInDialog } from './session/SignInDialog';
import { sessions, useSession } from './session/store';
import { actorKey } from './storage';
import { TopBar } from './TopBar';
import { Workbench } from './Workbench';

const SCHEMA_REFUSED = 'Sign in to load the schema: this server shows it to signed-in people only.';

export function App() {
  const session = useSession();
  const actor = actorKey(session);
  const [notice, notify] = useState<string | null>(null);
  const [isSigningIn, setIsSigningIn] = useState(false);
  const [letter, setLetter] = useState(takeLetter);
  const [isSchemaRefused, setIsSchemaRefused] = useState(false);

  useEffect(() => {
    sessions.onEnded = notify;
  }, []);

  const shared = useMemo(() => ({ session, notify, askForSignIn: () => setIsSigningIn(true) }), [session]);
  const schemaNotice = isSchemaRefused && !session ? SCHEMA_REFUSED : null;

  return (
    <ConsoleContext value={shared}>
      <TopBar />
      <NoticeBar message={notice ?? schemaNotice} onDismiss={notice ? () => notify(null) : undefined} />
      {/* A new key for a new person: nothing of the last one's tabs, history or schema stays on the page. */}
      <Workbench key={actor} actor={actor} onSchema={setIsSchemaRefused} />
      {letter && (
        <LetterDialog
          letter={letter}
          onClose={(isDone) => {
            setLetter(null);
            if (isDone) setIsSigningIn(true);
          }}
        />
      )}
      {isSigningIn && <SignInDialog onClose={() => setIsSigningIn(false)} />}
    </ConsoleContext>
  );
}
